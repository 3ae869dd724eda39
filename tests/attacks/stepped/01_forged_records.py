"""Writes a whole market of answers behind our side's back, and waits.

An answer that was not asked for is turned down. Ends: rejected."""

import os
import struct
import time


def on_bar(bar, portfolio):
    os.write(9, struct.pack("d", 1.0) * 300)
    time.sleep(0.3)
    os._exit(0)
