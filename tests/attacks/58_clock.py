"""Setting the clock."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import time

    time.clock_settime(time.CLOCK_REALTIME, 0)
    return True


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
