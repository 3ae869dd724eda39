"""Unix servers of the host, by path and by abstract name."""

import os
import sys

import numpy as np
import pandas as pd

HOST = "@HOST@"


def attack():
    import socket

    for address in (HOST + "/s.sock", "\0@ABSTRACT@"):
        try:
            socket.socket(socket.AF_UNIX).connect(address)
            return True
        except OSError as error:
            print(error)
    return False


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
