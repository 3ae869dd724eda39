"""A number that answers for itself while it is being made into one.

Two answers to one question are turned down. Ends: rejected."""

import os


class Voice(float):
    def __float__(self):
        os.write(9, b"\0" * 8)
        return 0.0


def on_bar(bar, portfolio):
    return Voice(0.0)
