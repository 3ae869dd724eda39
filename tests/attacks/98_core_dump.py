"""Raises the limit on core dumps, becomes dumpable, and dies: a dump would be written by the host.

No limit may rise. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import resource


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    doors = []
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        doors.append("limit")
    except (OSError, ValueError) as error:
        print("stopped:", error)
    doors += ["dumpable"] if libc.prctl(4, 1, 0, 0, 0) >= 0 else []
    return doors or resource.getrlimit(resource.RLIMIT_CORE)[0] > 1


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
