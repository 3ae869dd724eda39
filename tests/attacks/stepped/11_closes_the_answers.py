"""Closes the pipe that the host reads from.

Ends: rejected."""

import os


def on_bar(bar, portfolio):
    os.close(9)
    return 0.0
