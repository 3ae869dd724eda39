"""Filling the scratch folder."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    with open("fill", "wb") as handle:
        for _ in range(4096):
            handle.write(b"x" * (1 << 18))
            handle.flush()
    return True


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
