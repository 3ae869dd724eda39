"""Asks to be told when anybody changes the folders of the interpreter, or its own (dnotify).

Must be refused. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import fcntl
import signal


def attack():
    seen = []
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # the notice itself, which would end it
    for path in (".", os.path.dirname(np.__file__)):
        try:
            fcntl.fcntl(os.open(path, os.O_RDONLY), 1026, 0x7)
            seen.append(path)
        except OSError as error:
            print("stopped:", error)
    return seen


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
