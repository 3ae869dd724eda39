"""Far from the day's volume-weighted price, bet on the way back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vwaprevert.liquidity import is_liquid

DAY = 288
FAR = 2.5


def stretch(bars: pd.DataFrame) -> pd.Series:
    """Distance from the rolling VWAP of a day in its own rolling deviations."""
    value = (bars["close"] * bars["volume"]).rolling(DAY).sum()
    volume = bars["volume"].rolling(DAY).sum()
    away = bars["close"] / (value / volume.where(volume > 0)) - 1.0
    return away / away.rolling(DAY).std()


def signals(bars: pd.DataFrame) -> pd.DataFrame:
    """Decisions at the close of each bar."""
    z = stretch(bars).to_numpy()
    usual = (bars["volume"] * bars["close"]).rolling(DAY).median().to_numpy()
    side = np.zeros(len(bars))
    for i in range(1, len(bars)):
        if not is_liquid(usual[i]):
            continue
        if z[i - 1] < -FAR <= z[i]:
            side[i] = 1
        elif z[i - 1] > FAR >= z[i]:
            side[i] = -1
    width = ((bars["high"] - bars["low"]) / bars["close"]).rolling(DAY).mean()
    columns = {
        "enter_long": side > 0,
        "exit_long": z > 0,
        "enter_short": side < 0,
        "exit_short": z < 0,
        "stop": 5.0 * width,
        "max_bars": 144.0,
    }
    return pd.DataFrame(columns, index=bars.index).astype(float)
