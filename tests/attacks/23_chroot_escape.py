"""The classical way out of a chroot."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    os.mkdir("deep")
    return libc.chroot(b"deep") == 0


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
