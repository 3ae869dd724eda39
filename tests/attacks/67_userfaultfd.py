"""Holds the kernel in the middle of a copy, by system call and by device.

Must not get a descriptor. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    for flags in (0, 1, 0o2000000, 0o2004001):
        if libc.syscall(323, flags) >= 0:
            return True
        print("stopped:", ctypes.get_errno())
    return os.open("/dev/userfaultfd", os.O_RDWR)


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
