"""Pulling the result away from under the host."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    for size in (0, 1 << 30):
        try:
            os.ftruncate(4, size)
            return True
        except OSError as error:
            print(error)
    return False


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
