"""Answers before it has handed in its table.

Ends: rejected."""

import os


def signals(bars):
    os.write(9, b"\0" * 64)
    return [0.0] * len(bars)
