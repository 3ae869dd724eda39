"""Processes without end."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import time

    for _ in range(200):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    return True


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
