"""A socket of every family that the kernel knows: some of them do not live in a network namespace (AF_VSOCK).

Must get none. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    doors = [(family, kind) for family in range(48) for kind in (1, 2, 3, 5) if libc.syscall(41, family, kind, 0) >= 0]
    doors += ["pair"] if libc.syscall(53, 1, 1, 0, ctypes.create_string_buffer(8)) >= 0 else []
    print(doors)
    return doors


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
