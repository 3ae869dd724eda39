"""Output without end."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    written = 0
    for _ in range(4000):
        written += os.write(1, b"A" * 65536)
    return written > 10 << 20


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
