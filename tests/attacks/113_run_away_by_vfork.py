"""A child that shares this memory and runs after this process was judged: every flag of clone that makes a process.

Must not get one. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    doors = []
    for number, arguments in ((57, ()), (56, (17, 0, 0, 0, 0)), (56, (0x8000 | 17, 0, 0, 0, 0)), (435, (b"\0" * 88, 88))):
        made = libc.syscall(number, *arguments)
        if made == 0:
            os._exit(0)
        doors += [number] if made > 0 else []
    return doors


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
