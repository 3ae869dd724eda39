"""Moving sums, means and extremes as TA-Lib gives them: NaN until a window is full. Arrays are float64 without NaN."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view


def shifted(values: Any, by: int) -> Any:
    """The values ``by`` bars before."""
    out = np.full(len(values), np.nan)
    if by < len(values):
        out[by:] = values[: len(values) - by]
    return out


def rolling(values: Any, window: int, how: str) -> Any:
    """A moving statistic of pandas' rolling windows."""
    return getattr(pd.Series(values).rolling(int(window)), how)().to_numpy()


def sma(values: Any, window: int) -> Any:
    """Mean of the last ``window`` values, added and taken off one by one as TA-Lib does: equal means stay equal."""
    out = np.full(len(values), np.nan)
    if len(values) < window:
        return out
    later = values[window - 1 :]
    steps = np.empty(window - 1 + 2 * len(later))
    steps[: window - 1] = values[: window - 1]
    steps[window - 1 :: 2] = later
    steps[window::2] = -values[: len(later)]
    out[window - 1 :] = np.cumsum(steps)[window - 1 :: 2] / window
    return out


def deviation(values: Any, window: int) -> Any:
    """Standard deviation of the last ``window`` values (of a population, not of a sample)."""
    return pd.Series(values).rolling(int(window)).std(ddof=0).to_numpy()


def weighted(values: Any, window: int, weights: Any) -> Any:
    """Sum of the last ``window`` values times ``weights``, oldest first."""
    out = np.full(len(values), np.nan)
    if len(values) >= window:
        out[window - 1 :] = sliding_window_view(values, window) @ np.asarray(weights, float)
    return out


def wma(values: Any, window: int) -> Any:
    """Linearly weighted mean, the newest value heaviest."""
    weights = np.arange(1, window + 1)
    return weighted(values, window, weights / weights.sum())


def trima(values: Any, window: int) -> Any:
    """Mean of means: weights that rise to the middle."""
    first = (window + 1) // 2
    return tail(tail(values, sma, first), sma, window + 1 - first)


def tail(values: Any, function: Any, *settings: Any) -> Any:
    """``function`` of the values from the first known one on, NaN before."""
    known = np.flatnonzero(~np.isnan(values))
    start = int(known[0]) if len(known) else len(values)
    out = np.full(len(values), np.nan)
    if start < len(values):
        out[start:] = function(values[start:], *settings)
    return out


def smoothed(values: Any, alpha: float, seed: float) -> Any:
    """y[0] = seed, y[k] = y[k-1] + alpha (values[k] - y[k-1]); values[0] is not looked at."""
    series = np.array(values, float)
    series[0] = seed
    return pd.Series(series).ewm(alpha=alpha, adjust=False).mean().to_numpy()


def seeded(values: Any, window: int, alpha: float) -> Any:
    """Exponential smoothing that starts at the mean of the first ``window`` values."""
    out = np.full(len(values), np.nan)
    if len(values) >= window:
        out[window - 1 :] = smoothed(values[window - 1 :], alpha, float(np.mean(values[:window])))
    return out


def ema(values: Any, window: int) -> Any:
    """Exponential mean with alpha = 2 / (window + 1)."""
    return seeded(values, window, 2.0 / (window + 1))


def wilder(values: Any, window: int) -> Any:
    """Wilder's mean: alpha = 1 / window."""
    return seeded(values, window, 1.0 / window)


def wilder_sum(values: Any, window: int) -> Any:
    """Wilder's sum: the first ``window - 1`` values added up, then s - s / window + value. Index k is of values[k]."""
    out = np.full(len(values), np.nan)
    if len(values) >= window:
        total = float(np.sum(values[: window - 1]))
        for k in range(window - 1, len(values)):
            total = total - total / window + values[k]
            out[k] = total
    return out


def line(values: Any, window: int) -> tuple[Any, Any]:
    """(intercept, slope) of the straight line through the last ``window`` values, x = 0 at the oldest."""
    x = np.arange(window, dtype=float)
    spread = window * (x @ x) - x.sum() ** 2
    slope = weighted(values, window, (window * x - x.sum()) / spread)
    return (rolling(values, window, "sum") - slope * x.sum()) / window, slope
