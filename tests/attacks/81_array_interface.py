"""An object whose array lies at address 1, and one whose array is far longer than its memory.

The process may die of it; the host may not. Ends: crashed."""

import numpy as np


class Nowhere:
    def __init__(self, address, length):
        self.__array_interface__ = {"version": 3, "typestr": "<f8", "shape": (length,), "data": (address, False)}


def decide(bars):
    total = np.asarray(Nowhere(id(bars) & ~4095, 1 << 40)).sum() + np.asarray(Nowhere(1, len(bars))).sum()
    return bars.assign(enter_long=total)
