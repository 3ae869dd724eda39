"""Answers rightly, but a byte at a time.

That is only slow. Ends: ok."""

import os

write = os.write


def drip(descriptor, data):
    return sum(write(descriptor, bytes((byte,))) for byte in data)


os.write = drip


def on_bar(bar, portfolio):
    return 0.0
