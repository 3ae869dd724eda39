"""Two thousand descriptors by open, dup, fcntl and pipe.

Must end at the limit. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import fcntl


def attack():
    made = 0
    ways = (
        lambda: os.open("/dev/null", os.O_RDONLY),
        lambda: os.dup(0),
        lambda: fcntl.fcntl(0, fcntl.F_DUPFD, 10),
        lambda: os.pipe(),
    )
    for way in ways:
        for _ in range(500):
            try:
                way()
                made += 1
            except OSError as error:
                print("stopped:", error)
                break
    return made > 64


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
