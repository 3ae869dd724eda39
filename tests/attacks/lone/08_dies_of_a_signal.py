"""Jumps to address 1, in the stepped feed. Ends: crashed"""

import ctypes


def on_bar(bar, portfolio):
    ctypes.string_at(1)
