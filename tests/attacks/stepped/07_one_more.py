"""One answer more than there are bars, when it hears that there are no more.

Ends: rejected."""

import os

read, write = os.read, os.write


def listen(descriptor, size):
    raw = read(descriptor, size)
    if not raw:
        write(9, b"\0" * 8)
    return raw


os.read = listen


def on_bar(bar, portfolio):
    return 0.0
