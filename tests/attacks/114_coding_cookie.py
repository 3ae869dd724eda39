"""A line that is a comment for whoever reads it as UTF-8 and code for an interpreter that obeys the cookie.

Run or not, it does nothing here. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

def attack():
    os.makedirs("p", exist_ok=True)
    open("p/hidden.py", "wb").write(b"# coding: utf-7\n# +AAo-open('@HOST@/victim', 'w').write('x')\nran = 1\n")
    import sys

    sys.path.insert(0, "p")
    import hidden

    return hidden.ran == 2


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
