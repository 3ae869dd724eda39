"""Memory that cannot be swapped out, and huge pages.

Must not lock a page. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import mmap


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    own = mmap.mmap(-1, 1 << 20)
    address = ctypes.c_void_p(np.frombuffer(own, np.uint8).ctypes.data)
    doors = [name for name, number in (("mlock", 149), ("mlock2", 325)) if libc.syscall(number, address, 1 << 20, 0) >= 0]
    for flags in (0x2000, 0x40000):
        try:
            mmap.mmap(-1, 2 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | flags)
            doors.append(hex(flags))
        except (OSError, ValueError) as error:
            print("stopped:", error)
    libc.syscall(152)
    return doors


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
