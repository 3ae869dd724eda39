"""A second, wider rule set."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    return libc.syscall(444, b"\xff\x1f" + b"\0" * 6, ctypes.c_size_t(8), 0) >= 0


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
