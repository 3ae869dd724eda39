"""A second filter with a listener (which may answer system calls), a second ruleset.

Must not be able to install either. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import struct


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    action = ctypes.create_string_buffer(struct.pack("I", 0x7FFF0000), 4)
    code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))
    program = struct.pack("HxxxxxxQ", 1, ctypes.addressof(code))
    doors = []
    for number, arguments in (
        (317, (2, 0, action)),
        (317, (1, 0, program)),
        (317, (1, 8, program)),
        (157, (22, 2, program, 0, 0)),
        (444, (None, 0, 1)),
        (444, (struct.pack("Q", 1), 8, 0)),
    ):
        if libc.syscall(number, *arguments) >= 0:
            doors.append((number, arguments[0]))
    print(doors)
    return doors


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
