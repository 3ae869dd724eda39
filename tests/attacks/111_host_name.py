"""The name of the person's machine, and of its domain.

Must not be seen. Control: works. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

import platform
import socket


def attack():
    names = (socket.gethostname(), platform.node(), os.uname().nodename, os.uname().version)
    print(names)
    return "@HOSTNAME@" in names


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
