"""Signals to everything."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    for pid in (-1, 0, 1, 2, @PID@, os.getppid()):
        try:
            os.kill(pid, 0)
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
