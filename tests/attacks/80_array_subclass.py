"""An array that answers differently each time it is looked at, and replaces what is computed from it.

Whatever it says in the end is only numbers, checked by the host. Ends: rejected."""

import numpy as np
import pandas as pd


class Liar(np.ndarray):
    looks = 0

    def __array_finalize__(self, other):
        Liar.looks += 1

    def __array_ufunc__(self, function, method, *given, **named):
        return np.full(len(self), 7.0)

    def __array_function__(self, function, kinds, given, named):
        return np.full(len(self), 7.0)

    def astype(self, *given, **named):
        return np.full(len(self), 7.0)

    def __len__(self):
        return 400


class Series(pd.Series):
    def to_numpy(self, *given, **named):
        return np.zeros(len(self)).view(Liar)


class Frame(pd.DataFrame):
    def __getitem__(self, name):
        return Series(super().__getitem__(name))


def decide(bars):
    return Frame({"enter_long": np.zeros(len(bars))}, index=bars.index)
