"""Closes the pipe that the host writes to, and answers on.

Ends: rejected."""

import os


def on_bar(bar, portfolio):
    os.close(8)
    os.write(9, b"\0" * 8 * 50)
    os._exit(0)
