"""Own namespaces, in which one is root again: clone3, clone, unshare, setns, with real arguments.

Must get none. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import struct


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    doors = []
    for flags in (0x10000000, 0x20000, 0x40000000, 0x20000000, 0x8000000, 0x4000000, 0x2000000, 0x80):
        if libc.syscall(272, flags) >= 0:
            doors.append(("unshare", hex(flags)))
        for number, arguments in (
            (56, (flags | 17, 0, 0, 0, 0)),
            (435, (struct.pack("QQQQQQQQ", flags, 0, 0, 0, 17, 0, 0, 0), 64)),
        ):
            made = libc.syscall(number, *arguments)
            if made == 0:
                os._exit(0)
            doors += [(number, hex(flags))] if made > 0 else []
    for descriptor in range(12):
        doors += ["setns"] if libc.syscall(308, descriptor, 0) >= 0 else []
    print(doors)
    return doors


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
