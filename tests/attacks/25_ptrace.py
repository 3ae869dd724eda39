"""Tracing the processes above."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import ctypes

    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    return any(ptrace(request, pid, 0, 0) == 0 for request in (16, 0x4206) for pid in (os.getppid() or 1, 2, @PID@))


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
