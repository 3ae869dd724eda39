"""A callback of the garbage collector that fills the result whenever anything is collected.

It is the candidate's own answer: out of range it is turned down. Ends: rejected."""

import gc
import mmap
import os

import numpy as np
import pandas as pd


def decide(bars):
    view = np.frombuffer(mmap.mmap(4, os.fstat(4).st_size), np.float64)

    class Answer(pd.DataFrame):
        def __len__(self):
            gc.collect()
            return super().__len__()

    def fill(phase, information):
        view[25:] = 7.0
        view[16] = 1.0

    gc.callbacks.append(fill)
    gc.set_threshold(1, 1, 1)
    os.write(1, b"armed")
    answer = Answer({"exit_long": np.zeros(len(bars))}, index=bars.index)
    gc.collect()
    return answer
