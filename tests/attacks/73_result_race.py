"""Four threads turn the result over and over while it is handed in and the process ends.

Whatever is read then must have been checked after the last of them was dead. Decides. Ends: ok or rejected or crashed."""

import ctypes
import os

import numpy as np
import pandas as pd

import mmap
import threading
import time


def attack():
    view = np.frombuffer(mmap.mmap(4, os.fstat(4).st_size), np.float64)

    def turn(first):
        while True:
            for value in (first, np.nan, 1.0, 0.0):
                view[25:] = value
                view[0] = view[16] = 1.0
                view[17:25] = 0.0

    for value in (7.0, -1e308, np.inf, 0.5):
        threading.Thread(target=turn, args=(value,), daemon=True).start()
    time.sleep(0.05)
    os._exit(0)


def decide(bars):
    try:
        out = bool(attack())
    except BaseException as error:
        print("stopped:", type(error).__name__, str(error)[:200])
        out = False
    return pd.DataFrame({"enter_long": float(out)}, index=bars.index)
