"""A program from memory or from the scratch folder."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import shutil

    try:
        shutil.copyfile(np.linalg._umath_linalg.__file__, "program")
        os.chmod("program", 0o755)
        os.execv("./program", ["program"])
    except OSError as error:
        print(error)
    return os.memfd_create("program")


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
