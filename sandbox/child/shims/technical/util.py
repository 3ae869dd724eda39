"""Resampling helpers under the names of ``technical.util``."""

from __future__ import annotations

from typing import Any

import pandas as pd

_RULES = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}


def resample_to_interval(dataframe: Any, interval: int | str) -> Any:
    """Candles of ``interval`` minutes (or "1h"), from a table with a ``date`` column."""
    minutes = interval if isinstance(interval, int) else int(pd.Timedelta(interval).total_seconds() // 60)
    known = {name: how for name, how in _RULES.items() if name in dataframe}
    coarse = dataframe.set_index(pd.DatetimeIndex(dataframe["date"])).resample(f"{minutes}min", label="right")
    made = coarse.agg(known).dropna()
    made.index.name = "date"
    return made.reset_index()


def resampled_merge(original: Any, resampled: Any, fill_na: bool = True) -> Any:
    """The resampled columns beside the original ones, as ``resample_MINUTES_name``, known at each candle's date."""
    steps = resampled["date"].diff().dropna()
    minutes = int(steps.min().total_seconds() // 60)
    renamed = resampled.add_prefix(f"resample_{minutes}_")
    key = f"resample_{minutes}_date"
    merged = (
        pd.merge_asof(original, renamed, left_on="date", right_on=key)
        if fill_na
        else original.merge(renamed, how="left", left_on="date", right_on=key)
    )
    return merged
