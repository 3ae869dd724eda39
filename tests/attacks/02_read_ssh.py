"""Keys in the home folder."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    for folder in ("@HOME@/.ssh", "@HOME@", HOST + "/home/.ssh"):
        if os.path.exists(folder):
            return True
    return len(open(HOST + "/home/.ssh/id_ed25519").read()) > 0


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
