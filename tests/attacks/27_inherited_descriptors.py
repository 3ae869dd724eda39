"""Descriptors that were left open."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import stat

    for number in range(3, 1024):
        try:
            mode = os.fstat(number).st_mode
        except OSError:
            continue
        if stat.S_ISSOCK(mode) or stat.S_ISDIR(mode) or stat.S_ISFIFO(mode):
            return True
    return False


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
