"""A number for the next run in the offset of the market's file: an open file is shared with whoever opened it.

Must find nothing of the run before. Twice. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

def attack():
    seen = os.lseek(3, 0, os.SEEK_CUR)
    os.lseek(3, 123_456, os.SEEK_SET)
    return seen


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
