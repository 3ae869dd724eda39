"""Every resource limit, raised to the hard one, beyond it, and for another process.

Must not be able to set one. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import resource


def attack():
    doors = []
    for kind in range(16):
        soft, hard = resource.getrlimit(kind)
        for wanted in ((soft, hard), (hard, hard), (-1, -1)):
            try:
                resource.setrlimit(kind, wanted)
                doors.append(kind)
            except (OSError, ValueError):
                continue
    for pid in (0, 1, int("@PID@")):
        try:
            resource.prlimit(pid, resource.RLIMIT_NPROC)
            doors.append(("pid", pid))
        except OSError as error:
            print("stopped:", error)
    return doors


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
