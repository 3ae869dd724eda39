"""Segments of the host and POSIX shared memory."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    return libc.shmget(@SHM@, 0, 0) >= 0 or libc.shm_open(b"/pwned", 0o102, 0o600) >= 0


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
