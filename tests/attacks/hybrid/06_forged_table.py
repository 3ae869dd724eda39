"""Says that its table is complete, fills it with 1e300 and answers.

Ends: rejected."""

import mmap
import os
import time

import numpy as np


def signals(bars):
    view = np.frombuffer(mmap.mmap(4, os.fstat(4).st_size), np.float64)
    view[:] = 1e300
    view[0] = view[16] = 1.0
    os.write(9, b"\0" * 64)
    time.sleep(0.3)
    os._exit(0)
