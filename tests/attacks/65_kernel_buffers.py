"""Memory that no limit of ours counts: pipes made as large as the kernel lets them be, and filled.

Must stay below 8 MB. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import fcntl


def attack():
    kept = 0
    for _ in range(25):
        try:
            reading, writing = os.pipe()
            try:
                fcntl.fcntl(writing, 1031, 1 << 20)
            except OSError:
                pass
            fcntl.fcntl(writing, fcntl.F_SETFL, os.O_NONBLOCK)
            while True:
                kept += os.write(writing, b"x" * 65536)
        except OSError:
            continue
    print(kept)
    return kept > 8 << 20


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
