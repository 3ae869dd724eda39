"""The memory of the processes above."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    for pid in (os.getppid(), 1, @PID@):
        try:
            open("/proc/%d/mem" % pid, "r+b")
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
