"""System calls by the 32-bit and x32 tables. A success is a call that answers."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import ctypes

    return ctypes.CDLL(None, use_errno=True).syscall(0x40000000 + 39) >= 0


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
