"""Reads and writes memory by system calls instead of by address, another's and its own.

Must not work, on itself neither. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import struct


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    text = ctypes.create_string_buffer(b"a canary of this process", 64)
    here = struct.pack("QQ", ctypes.addressof(ctypes.create_string_buffer(64)), 0)
    buffer = ctypes.create_string_buffer(64)
    there = struct.pack("QQ", ctypes.addressof(text), 24)
    here = struct.pack("QQ", ctypes.addressof(buffer), 24)
    doors = []
    for pid in (os.getpid(), os.getppid(), 1, int("@PID@")):
        for number in (310, 311):
            done = libc.syscall(number, pid, here, 1, there, 1, 0)
            doors += [(number, pid)] if done > 0 or ctypes.get_errno() not in (1, 3, 38) else []
    print(doors)
    return doors


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
