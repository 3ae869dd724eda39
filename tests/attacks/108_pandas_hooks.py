"""Accessors, plot back-ends, options and methods of pandas and numpy that our side of the child uses.

What comes back is checked by the host. Ends: rejected."""

import numpy as np
import pandas as pd


@pd.api.extensions.register_dataframe_accessor("columns")
class Columns:
    def __init__(self, frame):
        raise MemoryError


@pd.api.extensions.register_series_accessor("to_numpy")
class Sevens:
    def __init__(self, series):
        self.length = len(series)

    def __call__(self, *given, **named):
        return np.full(self.length, 7.0)


def decide(bars):
    del pd.DataFrame.columns
    pd.DataFrame.columns = property(lambda self: ["enter_long"])
    np.where = lambda *given: np.full(len(bars), 7.0)
    np.isnan = np.isfinite = lambda *given: np.zeros(len(bars), bool)
    return pd.DataFrame(np.zeros((len(bars), 1)), index=bars.index)
