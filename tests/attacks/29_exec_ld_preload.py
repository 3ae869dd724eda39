"""Becoming another program. A success would end without an answer."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    os.environ["LD_PRELOAD"] = "/scratch/x.so"
    os.execv(sys.executable, [sys.executable, "-c", "print(1)"])


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
