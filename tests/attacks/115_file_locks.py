"""Locks every file it can open, for whoever asks later: its own source, the interpreter's, the market.

Must be gone with the process. Twice. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import fcntl


def attack():
    held = 0
    for path in (__file__, np.__file__, os.__file__, "/dev/null"):
        handle = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            print("held:", error)
            held += 1
    fcntl.flock(3, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return held


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
