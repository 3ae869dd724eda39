"""Times of bars: from whatever a file holds to int64 nanoseconds UTC, and timeframes in minutes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from tools.contracts import Ints
from tools.market.problems import MarketError

MINUTE_NS = 60_000_000_000
#: What pandas calls "not a time", as int64.
NO_TIME = np.iinfo(np.int64).min
#: Names of a time column, in order of preference. A nameless first column of a CSV comes last.
TIME_NAMES = ("timestamp", "date", "datetime", "time", "open_time", "unnamed: 0", "index")
_UNIT_MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 10080}
#: Epoch numbers by magnitude: below the limit they are in this many nanoseconds. 1e8 s is 1973, 1e11 s 5138.
_EPOCH_LOWEST = 1e8
_EPOCH_UNITS = ((1e11, 10**9), (1e14, 10**6), (1e17, 10**3), (9.2e18, 1))


def timeframe_minutes(timeframe: str) -> int:
    """``"5m"`` -> 5, ``"1h"`` -> 60, ``"1d"`` -> 1440, ``"1w"`` -> 10080. MarketError for anything else."""
    found = re.fullmatch(r"([1-9]\d*)([mhdw])", timeframe.strip())
    if found is None:
        raise MarketError(
            f"timeframe {timeframe!r} is not known: write minutes, hours, days or weeks as 5m, 1h, 1d, 1w"
        )
    return int(found[1]) * _UNIT_MINUTES[found[2]]


def timeframe_text(minutes: int) -> str:
    """The shortest name of a timeframe: 5 -> ``5m``, 60 -> ``1h``, 1440 -> ``1d``."""
    for unit in ("w", "d", "h"):
        if minutes % _UNIT_MINUTES[unit] == 0:
            return f"{minutes // _UNIT_MINUTES[unit]}{unit}"
    return f"{minutes}m"


def to_ns(values: pd.Series[Any] | pd.Index[Any], what: str) -> Ints:
    """Times as nanoseconds since the epoch, UTC; NO_TIME where there is none.

    Naive times and ISO strings without an offset are taken as UTC, aware ones are converted, numbers are
    epoch seconds, milli-, micro- or nanoseconds by their magnitude. ``what`` names the column in errors."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        return _epoch_ns(values.to_numpy(dtype=np.float64, na_value=np.nan), values, what)
    try:
        stamps = pd.DatetimeIndex(pd.to_datetime(values, utc=True, format=_format_of(values)))
        return stamps.as_unit("ns").asi8.copy()
    except (ValueError, TypeError) as error:
        raise MarketError(
            f"{what} does not hold times ({_first_line(error)}): use ISO 8601 or epoch numbers"
        ) from error


def infer_minutes(time: Ints, what: str) -> int:
    """The most frequent distance of neighbouring times, in whole minutes. Times may be unsorted and repeated."""
    steps = np.diff(np.unique(time[time != NO_TIME]))
    if len(steps) == 0:
        raise MarketError(
            f"{what}: fewer than 2 bars, so the timeframe is not known: give a file with at least 2 bars"
        )
    kinds, counts = np.unique(steps, return_counts=True)
    step = int(kinds[np.argmax(counts)])
    if step % MINUTE_NS:
        raise MarketError(
            f"{what}: bars are {step / 1e9:g} s apart, which is no whole number of minutes: resample them to 1m or slower"
        )
    return step // MINUTE_NS


def _format_of(values: Any) -> str | None:
    return None if pd.api.types.is_datetime64_any_dtype(values.dtype) else "ISO8601"


def _epoch_ns(numbers: np.ndarray[Any, np.dtype[np.float64]], values: Any, what: str) -> Ints:
    known = np.isfinite(numbers)
    if not known.any():
        return np.full(len(numbers), NO_TIME, dtype=np.int64)
    size = float(np.median(np.abs(numbers[known])))
    scale = next((scale for limit, scale in _EPOCH_UNITS if _EPOCH_LOWEST <= size < limit), None)
    if scale is None:
        raise MarketError(
            f"{what} holds {numbers[known][0]:g}, which is no epoch time: use s, ms, us, ns or ISO 8601"
        )
    out = np.full(len(numbers), NO_TIME, dtype=np.int64)
    # Integers are scaled as integers: float64 would round nanoseconds to 256.
    whole = values.to_numpy() if pd.api.types.is_integer_dtype(values.dtype) and known.all() else None
    out[known] = whole.astype(np.int64) * scale if whole is not None else np.round(numbers[known] * scale)
    return out


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
