"""A program in a memory file, run by its descriptor; a script; the interpreter itself.

Must neither get the file nor be allowed to ask for the program. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    doors = []
    for number, arguments in (
        (319, (b"program", 1)),
        (59, (b"/nowhere", None, None)),
        (322, (3, b"", None, None, 0x1000)),
        (322, (-100, b"/nowhere", None, None, 0)),
        (134, (b"/nowhere",)),
    ):
        if libc.syscall(number, *arguments) >= 0 or ctypes.get_errno() not in (1, 38):
            doors.append((number, ctypes.get_errno()))
    print(doors)
    return doors


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
