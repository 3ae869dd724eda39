"""Code that would run after the answer: at exit, in a finalizer, in a collector's callback, in a thread that outlives it.

Nothing runs after the answer. Ends: ok."""

import atexit
import gc
import mmap
import os
import sys
import threading
import time
import weakref

import numpy as np
import pandas as pd


def spoil(*given):
    view = np.frombuffer(mmap.mmap(4, os.fstat(4).st_size), np.float64)
    view[0:2] = 7.0
    view[16:] = 7.0
    open("@HOST@/victim", "w").write("owned")


class Late:
    def __del__(self):
        spoil()


late = Late()
late.self = late


def decide(bars):
    atexit.register(spoil)
    threading._register_atexit(spoil)
    weakref.finalize(sys, spoil)
    sys.excepthook = sys.unraisablehook = threading.excepthook = spoil
    threading.Thread(target=lambda: (time.sleep(1.2), spoil())).start()
    for pid_callback in ("before", "after_in_child", "after_in_parent"):
        os.register_at_fork(**{pid_callback: spoil})
    return pd.DataFrame({"enter_long": 0.0}, index=bars.index)
