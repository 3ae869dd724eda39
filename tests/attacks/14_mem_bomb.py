"""Memory without end."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    held = []
    for _ in range(3000):
        held.append(np.ones(1 << 17))
    return True


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
