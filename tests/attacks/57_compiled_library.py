"""Native code from the scratch folder."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import ctypes

    open("x.so", "wb").write(open(np.linalg._umath_linalg.__file__, "rb").read())
    ctypes.CDLL("./x.so")
    return True


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
