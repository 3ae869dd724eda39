"""Files without end."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    for number in range(100_000):
        open("f%d" % number, "w").close()
    return True


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
