"""Deleting a file of the host."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    os.unlink(HOST + "/victim")
    return True


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
