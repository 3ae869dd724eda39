"""A dip below the fast average of a market that rises over the slow one; mirrored for shorts."""

from __future__ import annotations

import pandas as pd

from pullback.settings import DIP, FAST_BARS, MIN_TURNOVER, SLOW_BARS


def average_range(bars: pd.DataFrame) -> pd.Series:
    """Mean range of four hours, price units."""
    return (bars["high"] - bars["low"]).rolling(FAST_BARS).mean()


def liquid(bars: pd.DataFrame) -> pd.Series:
    """Whether four hours of trading were busy enough to get in and out."""
    turnover = bars["volume"].mul(bars["close"])
    return turnover.rolling(FAST_BARS).median().gt(MIN_TURNOVER)


def signals(bars: pd.DataFrame) -> pd.DataFrame:
    """Decisions at the close of each bar."""
    close, unit = bars["close"], average_range(bars)
    fast, slow = close.rolling(FAST_BARS).mean(), close.rolling(SLOW_BARS).mean()
    below, above = close.lt(fast - DIP * unit), close.gt(fast + DIP * unit)
    dip = below & ~below.shift(1, fill_value=False) & fast.gt(slow)
    rally = above & ~above.shift(1, fill_value=False) & fast.lt(slow)
    ready = liquid(bars)
    out = pd.DataFrame(index=bars.index)
    out["enter_long"] = (dip & ready).astype(float)
    out["exit_long"] = close.gt(fast + unit).astype(float)
    out["enter_short"] = (rally & ready).astype(float)
    out["exit_short"] = close.lt(fast - unit).astype(float)
    out["stop"] = 2.5 * unit / close
    out["max_bars"] = 96.0
    return out
