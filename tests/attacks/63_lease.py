"""A lease on a file makes whoever opens it wait for up to 45 seconds: one on its own source, one on numpy's.

Must be refused, whoever owns the file. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import fcntl


def attack():
    taken = []
    own = os.open("own", os.O_CREAT | os.O_RDWR)
    os.close(own)
    for path in ("own", __file__, np.__file__, os.__file__):
        try:
            handle = os.open(path, os.O_RDONLY)
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            taken.append(path)
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except OSError as error:
            print("stopped:", error)
    return taken


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
