"""Other families of sockets."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import socket

    for family, kind in ((16, 3), (17, 3), (2, 3), (40, 1), (38, 5), (1, 1), (1, 2)):
        try:
            socket.socket(family, kind, 0)
            return True
        except OSError:
            pass
    return False


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
