"""Changing the market under the next candidate."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import ctypes
    import mmap

    changed = False
    for attempt in (
        lambda: os.pwrite(3, b"x" * 8, 0),
        lambda: os.ftruncate(3, 0),
        lambda: mmap.mmap(3, 8, mmap.MAP_SHARED, mmap.PROT_WRITE | mmap.PROT_READ),
    ):
        try:
            attempt()
            changed = True
        except (OSError, ValueError) as error:
            print(error)
    view = mmap.mmap(3, 4096, mmap.MAP_SHARED, mmap.PROT_READ)
    address = np.frombuffer(view, np.uint8).ctypes.data
    changed |= ctypes.CDLL(None).mprotect(ctypes.c_void_p(address), 4096, 3) == 0
    return changed


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
