"""A handle on another process: its descriptors, and signals to it.

Must not get one. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    doors = []
    for pid in (os.getpid(), os.getppid(), 1, int("@PID@")):
        handle = libc.syscall(434, pid, 0)
        doors += [pid] if handle >= 0 else []
        for number, arguments in ((438, (max(handle, 0), 0, 0)), (424, (max(handle, 0), 0, 0, 0))):
            if libc.syscall(number, *arguments) >= 0:
                doors.append((number, pid))
    print(doors)
    return doors


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
