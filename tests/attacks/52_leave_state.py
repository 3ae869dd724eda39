"""State for the next candidate: a file, an environment variable, a patched module."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    seen = os.path.exists("/scratch/left") or "LEFT" in os.environ or hasattr(np, "left_behind")
    try:
        open("/scratch/left", "w").write("x")
    except OSError:
        pass
    os.environ["LEFT"] = "x"
    np.left_behind = True
    return seen


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
