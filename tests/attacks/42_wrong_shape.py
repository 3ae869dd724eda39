"""More rows than bars."""

import pandas as pd


def decide(bars):
    return pd.concat([bars, bars.tail(5)]).assign(enter_long=1)
