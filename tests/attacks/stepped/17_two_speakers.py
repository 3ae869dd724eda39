"""Two threads that answer a byte at a time beside the real answer.

Torn records are out of range or too many. Ends: rejected or timeout."""

import os
import threading

started = []


def speak(byte):
    while True:
        os.write(9, byte)


def on_bar(bar, portfolio):
    if not started:
        for byte in (b"\x3f", b"\xff"):
            started.append(threading.Thread(target=speak, args=(byte,), daemon=True))
            started[-1].start()
    return 0.0
