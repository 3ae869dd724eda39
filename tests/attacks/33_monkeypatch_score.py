"""Replaces what a careless host would score with; here it can only spoil its own answer."""

import builtins

import numpy
import pandas

for module in (numpy, pandas, builtins):
    for name in ("sum", "mean", "std", "isfinite", "prod", "cumsum", "float"):
        if hasattr(module, name):
            setattr(module, name, lambda *args, **kwargs: 999.0)


def decide(bars):
    return pandas.DataFrame({"enter_long": 0}, index=bars.index)
