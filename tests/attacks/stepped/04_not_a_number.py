"""A signalling NaN with a message in its payload.

Ends: rejected."""

import os
import struct


def on_bar(bar, portfolio):
    os.write(9, struct.pack("Q", 0x7FF4DEADBEEFCAFE))
    return 0.0
