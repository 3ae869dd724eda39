"""A shell."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import subprocess

    return b"uid" in subprocess.run(["/bin/sh", "-c", "id"], capture_output=True).stdout or os.system("true") == 0


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
