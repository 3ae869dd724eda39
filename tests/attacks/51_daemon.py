"""A process that outlives its candidate."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import time

    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for _ in range(15):
                time.sleep(0.2)
                open(HOST + "/daemon_alive", "w").write("x")
            os._exit(0)
        os._exit(0)
    return True


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
