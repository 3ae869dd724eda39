"""Turns its table over and over while the host copies and checks it.

What was checked is what is used. Decides. Ends: ok or rejected."""

import mmap
import os
import threading
import time

import numpy as np


def signals(bars):
    view = np.frombuffer(mmap.mmap(4, os.fstat(4).st_size), np.float64)

    def turn():
        while True:
            for value in (1.0, 7.0, np.nan, -1.0):
                view[17:317] = value

    threading.Thread(target=turn, daemon=True).start()
    return np.zeros(len(bars))


def on_position(trade):
    time.sleep(0.001)
    return {"exit": 0.0}
