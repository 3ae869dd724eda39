"""Two thousand timers of each sort.

Must not get one. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    made = 0
    for _ in range(2_000):
        identity = ctypes.c_int()
        made += libc.syscall(222, 1, None, ctypes.byref(identity)) >= 0
    for _ in range(2_000):
        made += libc.syscall(283, 1, 0) >= 0
    print(made)
    return made


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
