"""The one file that is shared with the whole host: its rights, its times, its attributes, a lease on it.

Must stay as it was. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import fcntl


def attack():
    before = os.stat("/dev/null")
    null = os.open("/dev/null", os.O_RDWR)
    for act in (
        lambda: os.chmod("/dev/null", 0o600),
        lambda: os.fchmod(null, 0o600),
        lambda: os.utime("/dev/null", (7, 7)),
        lambda: os.utime("/dev/null"),
        lambda: os.setxattr("/dev/null", "user.x", b"x"),
        lambda: fcntl.fcntl(null, fcntl.F_SETLEASE, fcntl.F_RDLCK),
        lambda: os.unlink("/dev/null"),
        lambda: os.rename("/dev/null", "/dev/zero"),
        lambda: os.truncate("/dev/null", 9),
    ):
        try:
            print(act())
        except OSError as error:
            print("stopped:", error)
    after = os.stat("/dev/null")
    return (before.st_mode, before.st_mtime, before.st_ctime) != (after.st_mode, after.st_mtime, after.st_ctime)


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
