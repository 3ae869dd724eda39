"""Segments, semaphores and queues of System V and POSIX: they outlive the process and no limit counts them.

Must not make one. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    doors = []
    for name, number, remove, arguments in (
        ("shm", 29, 31, (0, 4096, 0o1600)),
        ("sem", 64, 66, (0, 1, 0o1600)),
        ("msg", 68, 71, (0, 0o1600)),
    ):
        made = libc.syscall(number, *arguments)
        if made >= 0:
            doors.append(name)
            libc.syscall(remove, made, 0, 0, None)
    doors += ["mq"] if libc.syscall(240, b"mendel", 0o102, 0o600, None) >= 0 else []
    libc.syscall(241, b"mendel")
    doors += ["sem_open"] if libc.sem_open(b"/pwned", 0o102, 0o600, 1) else []
    libc.sem_unlink(b"/pwned")
    return doors


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
