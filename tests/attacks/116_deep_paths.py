"""Folders nested until no path can name them, links among them, names of 255 bytes that are no text.

The scratch folder goes with the process. Ends: ok."""

import ctypes
import os

import numpy as np
import pandas as pd

def attack():
    for depth in range(600):
        try:
            os.mkdir(b"\xff" * 255)
            os.chdir(b"\xff" * 255)
        except OSError as error:
            print("stopped:", error.errno)
            break
    try:
        os.symlink("/", "up")
        return True
    except OSError as error:
        print("stopped:", error)
    return depth >= 599


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
