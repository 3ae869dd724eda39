"""Looks for the host in the frames above."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    frame = sys._getframe()
    while frame is not None:
        for name in frame.f_globals:
            if name in ("Sandbox", "Ledger", "SandboxPlace", "MarketFiles"):
                return True
        frame = frame.f_back
    return any(name.split(".")[0] in ("tools", "agents", "memory", "lab") for name in sys.modules)


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
