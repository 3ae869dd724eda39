"""Looks for a bar that it was not asked about yet: in the pipe, in the market's file, in every frame and object.

There is none: no later bar exists here. Ends: ok."""

import fcntl
import gc
import os
import sys

import numpy as np


def on_bar(bar, portfolio):
    found = os.fstat(3).st_size > 0 or os.fstat(6).st_size > 0
    fcntl.fcntl(8, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        found = found or bool(os.read(8, 8))
    except BlockingIOError:
        pass
    fcntl.fcntl(8, fcntl.F_SETFL, 0)
    frame = sys._getframe(1)
    while frame and bar["bar"] % 50 == 1:
        request = frame.f_locals.get("request")
        found = found or (request is not None and (request["bars"] or 300 in request["layout"].values()))
        frame = frame.f_back
    if bar["bar"] == 150:
        found = found or any(isinstance(thing, np.ndarray) and thing.size >= 299 and thing.dtype == float for thing in gc.get_objects())
    return float(bool(found))
