"""Changes the market that later candidates are shown: by write, sendfile, splice, map and protection.

Not one byte may change. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import mmap


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.pread(3, 64, 0)
    open("source", "wb").write(b"\xff" * 4096)
    source = os.open("source", os.O_RDONLY)
    reading, writing = os.pipe()
    os.write(writing, b"\xff" * 64)
    held = mmap.mmap(3, 4096, mmap.MAP_SHARED, mmap.PROT_READ)
    address = np.frombuffer(held, np.uint8).ctypes.data
    for name, act in {
        "pwrite": lambda: os.pwrite(3, b"\xff" * 64, 0),
        "sendfile": lambda: os.sendfile(3, source, 0, 64),
        "splice": lambda: libc.syscall(275, reading, None, 3, ctypes.byref(ctypes.c_long(0)), 64, 0),
        "copy_file_range": lambda: libc.syscall(326, source, None, 3, None, 64, 0),
        "map": lambda: mmap.mmap(3, 4096, mmap.MAP_SHARED, mmap.PROT_WRITE | mmap.PROT_READ),
        "protect": lambda: libc.mprotect(ctypes.c_void_p(address), 4096, 3),
        "remove": lambda: libc.madvise(ctypes.c_void_p(address), 4096, 9),
        "punch": lambda: libc.fallocate(3, 3, 0, 4096),
        "read into": lambda: libc.read(source, ctypes.c_void_p(address), 64),
        "shrink": lambda: os.ftruncate(3, 0),
        "unseal": lambda: libc.syscall(72, 3, 1033, 0),
    }.items():
        try:
            print(name, act())
        except (OSError, ValueError) as error:
            print("stopped:", name, error)
    return os.pread(3, 64, 0) != before


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
