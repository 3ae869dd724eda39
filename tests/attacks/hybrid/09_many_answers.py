"""Forty answers to the first question.

Ends: rejected."""

import os
import struct
import time


def signals(bars):
    return [0.0] * len(bars)


def on_position(trade):
    os.write(9, struct.pack("8d", *[float("nan")] * 8) * 40)
    time.sleep(0.3)
    os._exit(0)
