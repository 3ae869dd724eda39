"""Helpers that strategies call: other timeframes beside their own, and stops seen from elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..exchange import timeframe_to_minutes


def merge_informative_pair(
    dataframe: Any, informative: Any, timeframe: str, timeframe_inf: str, ffill: bool = True,
    append_timeframe: bool = True, date_column: str = "date", suffix: str | None = None,
) -> Any:  # fmt: skip
    """``dataframe`` with the columns of ``informative`` beside its own, each candle of it shown from the first candle
    of ``dataframe`` at whose close it is closed. Names get ``_TIMEFRAME`` (or ``_SUFFIX``); raises ValueError for a
    finer timeframe. Without ``ffill`` a coarse candle is shown on one row only."""
    own, other = timeframe_to_minutes(timeframe), timeframe_to_minutes(timeframe_inf)
    if other < own:
        raise ValueError(
            "merge_informative_pair: a finer timeframe would look ahead: use one that is not below yours"
        )
    if suffix and append_timeframe:
        raise ValueError("merge_informative_pair: give suffix or append_timeframe, not both")
    ending = f"_{suffix}" if suffix else f"_{timeframe_inf}" if append_timeframe else ""
    renamed = informative.add_suffix(ending) if ending else informative
    return beside(
        dataframe, renamed, informative[date_column], (timeframe, timeframe_inf), ffill, date_column
    )


def beside(
    dataframe: Any,
    renamed: Any,
    theirs: Any,
    timeframes: tuple[str, str],
    ffill: bool = True,
    date_column: str = "date",
) -> Any:
    """``dataframe`` and, of each row's last closed candle, the columns of ``renamed``; ``theirs``: when those open."""
    own, other = (timeframe_to_minutes(t) for t in timeframes)
    closed = (
        theirs + pd.Timedelta(minutes=other) if timeframes[1] != "1M" else theirs + pd.offsets.MonthBegin(1)
    )
    shown, dates = _ns(closed - pd.Timedelta(minutes=own)), _ns(dataframe[date_column])
    at = np.searchsorted(shown, dates, side="right") - 1
    if not ffill and len(shown):
        at = np.where((at >= 0) & (shown[np.maximum(at, 0)] == dates), at, -1)
    merged = renamed.reset_index(drop=True).reindex(pd.Index(at))
    merged.index = dataframe.index
    kept = [name for name in merged.columns if name not in dataframe.columns]
    return pd.concat([dataframe, merged[kept]], axis=1)


def _ns(dates: Any) -> Any:
    return pd.DatetimeIndex(dates).as_unit("ns").asi8


def stoploss_from_open(
    open_relative_stop: float, current_profit: float, is_short: bool = False, leverage: float = 1.0
) -> float:
    """A stop at a profit of ``open_relative_stop`` from the open rate, as a distance from the current rate; both are
    profits of the stake, so ``leverage`` times as large as moves of the price. 0 where the rate is beyond it."""
    way = -1.0 if is_short else 1.0
    now, stop = 1.0 + way * current_profit / leverage, 1.0 + way * open_relative_stop / leverage
    if now <= 0.0:
        return 1.0
    return max(way * (1.0 - stop / now), 0.0) * leverage


def stoploss_from_absolute(
    stop_rate: float, current_rate: float, is_short: bool = False, leverage: float = 1.0
) -> float:
    """A stop at a price, as a distance from the current rate; 0 where the rate is beyond it."""
    if current_rate == 0:
        return 1.0
    way = -1.0 if is_short else 1.0
    return max(way * (1.0 - stop_rate / current_rate), 0.0) * leverage
