"""An inside bar on ordinary volume, then a close beyond the bar that contains it on half as much again."""

from __future__ import annotations

import numpy as np
import pandas as pd

AVERAGE_BARS = 96
SURGE = 1.5
WAIT_BARS = 6


def trailing_mean(values: np.ndarray, length: int) -> np.ndarray:
    """Mean of the ``length`` values before each one; NaN where there are not that many."""
    return pd.Series(values).rolling(length).mean().shift(1).to_numpy()


def breakout_side(i: int, mother: int, high: np.ndarray, low: np.ndarray, close: np.ndarray) -> int:
    """+1 or -1 where bar ``i`` closes outside the range of the ``mother`` bar, else 0."""
    if close[i] > high[mother]:
        return 1
    return -1 if close[i] < low[mother] else 0


def signals(bars: pd.DataFrame) -> pd.DataFrame:
    """Decisions at the close of each bar."""
    high, low, close, volume = (bars[name].to_numpy() for name in ("high", "low", "close", "volume"))
    usual = trailing_mean(volume, AVERAGE_BARS)
    width = trailing_mean((high - low) / close, AVERAGE_BARS)
    side = np.zeros(len(close))
    mother = -1
    for i in range(1, len(close)):
        if not volume[i] > 0:
            continue
        if mother >= 0 and i - mother <= WAIT_BARS:
            way = breakout_side(i, mother, high, low, close)
            if way != 0 and volume[i] > SURGE * usual[i]:
                side[i] = way
            if way != 0:
                mother = -1
                continue
        wide = (high[i - 1] - low[i - 1]) / close[i - 1] > 1.2 * width[i]
        if wide and high[i] < high[i - 1] and low[i] > low[i - 1]:
            mother = i - 1
    out = pd.DataFrame(index=bars.index)
    out["enter_long"] = (side > 0).astype(float)
    out["exit_long"] = (side < 0).astype(float)
    out["enter_short"] = (side < 0).astype(float)
    out["exit_short"] = (side > 0).astype(float)
    out["stop"] = 2.0 * width
    out["target"] = 4.0 * width
    out["max_bars"] = 48.0
    return out
