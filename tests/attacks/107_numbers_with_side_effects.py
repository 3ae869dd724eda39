"""Objects that write to the host, to the result and to the log when they are made into numbers.

Nothing outside may change. Ends: rejected."""

import os

import numpy as np
import pandas as pd


class Number:
    made = 0

    def __float__(self):
        Number.made += 1
        for act in (lambda: open("@HOST@/victim", "w").write("x"), lambda: os.pwrite(4, b"\xff" * 64, 128)):
            try:
                act()
            except OSError:
                continue
        return 0.0 if Number.made < 390 else float("1e400")


def decide(bars):
    return pd.DataFrame({"enter_long": np.array([Number() for _ in bars.index], dtype=object)}, index=bars.index)
