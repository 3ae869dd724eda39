"""Breaks the interpreter it runs in: small numbers, None's references, the code of our own functions.

The process may die; what it hands in is checked. Ends: ok or rejected or crashed or timeout. Decides."""

import ctypes
import sys

import numpy as np
import pandas as pd


def decide(bars):
    for number in (0, 1, 400):
        ctypes.c_long.from_address(id(number) + 24).value = 7
    for thing in (None, True, False):
        ctypes.c_long.from_address(id(thing)).value = 1
    for name, module in list(sys.modules.items()):
        if name.startswith("_mendel"):
            for function in vars(module).values():
                if callable(function) and hasattr(function, "__code__"):
                    function.__code__ = (lambda *given, **named: 7.0).__code__
    del name, module
    return pd.DataFrame({"enter_long": np.full(400, 0.0)}, index=bars.index)
