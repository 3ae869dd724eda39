"""Ends its process cleanly after a hundred answers.

Ends: rejected."""

import os


def on_bar(bar, portfolio):
    if bar["bar"] == 100:
        os._exit(0)
    return 0.0
