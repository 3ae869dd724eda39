"""A table that says it has as many rows as there are bars, and has three.

It is no answer, or three numbers of the candidate's own. Ends: rejected or ok."""

import numpy as np
import pandas as pd


class Liar(pd.DataFrame):
    @property
    def index(self):
        return Liar.shown

    def __len__(self):
        return len(Liar.shown)

    def __getitem__(self, name):
        return Column([0.0, 0.0, 0.0])


class Column(pd.Series):
    def __len__(self):
        return -1

    def to_numpy(self, *given, **named):
        return np.zeros(3)


def decide(bars):
    Liar.shown = bars.index
    return Liar({"enter_long": np.zeros(len(bars))}, index=bars.index)
