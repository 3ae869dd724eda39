"""Reading the other candidates."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    for folder in ("/bundles", "/bundles/@OTHER@", "/system/../bundles/@OTHER@"):
        try:
            if os.listdir(folder):
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
