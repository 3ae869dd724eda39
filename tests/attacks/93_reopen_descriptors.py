"""Opens its descriptors anew, with the rights that they lack.

There must be no way from a number to the file. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    doors = []
    for number in range(10):
        for place in ("/proc/self/fd/%d", "/dev/fd/%d", "/proc/thread-self/fd/%d", "/proc/1/fd/%d"):
            for flags in (os.O_RDWR, os.O_RDONLY):
                try:
                    os.open(place % number, flags)
                    doors.append(place % number)
                except OSError:
                    continue
        for way in (257, 437):
            for flags in (os.O_RDWR, os.O_RDWR | 0x200000, 0x410000 | os.O_RDWR):
                doors += [way] if libc.syscall(way, number, b"", flags, 0) >= 0 else []
    print(doors)
    return doors


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
