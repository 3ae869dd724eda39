"""Writing anywhere but the scratch folder."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    places = (
        HOST,
        "",
        "/usr/lib",
        "/dev/shm",
        "/tmp",
        "/system",
        "/bundles",
        sys.prefix,
        os.path.dirname(np.__file__),
    )
    for folder in places:
        try:
            open(folder + "/pwned", "w").write("x")
            if folder != "/system" or "pwned" in os.listdir(folder):  # else it went to the scratch folder
                return True
        except OSError as error:
            print(folder, error)
    return False


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
