"""Keys in the environment of the processes above."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    for pid in ("self", "1", str(os.getppid()), "@PID@"):
        try:
            if b"@SECRET@" in open("/proc/%s/environ" % pid, "rb").read():
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
