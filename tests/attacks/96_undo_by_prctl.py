"""Takes back what prctl set: undumpable, death with the parent, no new privileges, the name.

Must not change one. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    doors = []
    for option, argument in ((4, 1), (1, 0), (38, 0), (22, 0), (23, 0), (28, 0), (15, b"x"), (36, 1), (0x59616D61, -1), (24, 0), (8, 1), (47, 2), (26, 1), (59, 0)):
        if libc.syscall(157, option, argument, 0, 0, 0) >= 0:
            doors.append(option)
    print(doors)
    return doors


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
