"""Counters and samples of this process, of the kernel and of everyone on processor 0.

Must not get one. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import struct


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    for kind, config in ((1, 0), (0, 0), (2, 1), (5, 0)):
        attributes = struct.pack("IIQQQQQ", kind, 128, config, 0, 0, 0, 0b1100001).ljust(128, b"\0")
        for pid, processor in ((0, -1), (-1, 0), (1, -1)):
            if libc.syscall(298, attributes, pid, processor, -1, 0) >= 0 or ctypes.get_errno() not in (1, 38):
                print("open", kind, pid, ctypes.get_errno())
                return True
    return False


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
