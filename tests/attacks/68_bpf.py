"""A map and a program in the kernel, well-formed.

Must not get either. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import struct


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    array = struct.pack("IIIII", 2, 4, 8, 1, 0).ljust(120, b"\0")
    code = ctypes.create_string_buffer(bytes.fromhex("b7000000000000009500000000000000"))
    words = ctypes.create_string_buffer(b"GPL\0")
    program = struct.pack("IIQQ", 1, 2, ctypes.addressof(code), ctypes.addressof(words)).ljust(120, b"\0")
    results = [libc.syscall(321, 0, array, 120), libc.syscall(321, 5, program, 120), libc.syscall(321, 11, array, 12)]
    print(results, ctypes.get_errno())
    return any(result >= 0 for result in results) or ctypes.get_errno() not in (1, 38)


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
