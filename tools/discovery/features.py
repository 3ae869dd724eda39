"""What is known at a bar's close, and what came after it. Every feature is causal: bar t uses bars up to t."""

from __future__ import annotations

import numpy as np

from tools.contracts import Floats, Market

#: Outcomes and moves are cut here, in standard deviations: a single shock must not carry a claim.
CAP_SD = 6.0
_FAST_BARS = 48
_SLOW_FACTOR = 6
#: Of the slow variance, at least so much is assumed: a market that stands still is not infinitely calm.
_FLOOR = 0.1


def bars_a_day(market: Market) -> int:
    """Bars in a day, at least 1."""
    return max(1, 1440 // market.timeframe_minutes)


def typical_price(market: Market) -> Floats:
    """(high + low + close) / 3."""
    c = market.columns
    return np.asarray((c["high"] + c["low"] + c["close"]) / 3)


def rolling_sum(values: Floats, length: int) -> Floats:
    """Sum of the last ``length`` values, this one included; NaN until there are so many, and where one is NaN."""
    known = np.isfinite(values)
    total, count = _windowed(np.where(known, values, 0.0), length), _windowed(known.astype(float), length)
    return np.where(count > length - 0.5, total, np.nan)


def trailing_mean(values: Floats, length: int) -> Floats:
    """Mean of the known values among the last ``length``, this one included; NaN until half of them are known."""
    known = np.isfinite(values)
    total, count = _windowed(np.where(known, values, 0.0), length), _windowed(known.astype(float), length)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(count >= length / 2, total / count, np.nan)


def trailing_sd(values: Floats, length: int) -> Floats:
    """Standard deviation around the trailing mean, as :func:`trailing_mean`; NaN where it is 0."""
    mean = trailing_mean(values, length)
    variance = trailing_mean(values**2, length) - mean**2
    return np.asarray(np.sqrt(np.where(variance > 1e-12 * (mean**2 + 1e-300), variance, np.nan)))


def lagged(values: Floats, bars: int) -> Floats:
    """The values of ``bars`` bars ago, NaN at the start."""
    out = np.full(len(values), np.nan)
    if bars < len(values):
        out[bars:] = values[: len(values) - bars]
    return out


def volatility(market: Market) -> Floats:
    """Standard deviation of a bar's log return, known at its close; NaN during warm-up and where nothing ever moves.

    The root of the mean square over 48 bars, not below a tenth (in variance) of that over six times as many."""
    close = np.log(market.columns["close"])
    square = (close - lagged(close, 1)) ** 2
    fast, slow = trailing_mean(square, _FAST_BARS), trailing_mean(square, _FAST_BARS * _SLOW_FACTOR)
    variance = np.fmax(fast, _FLOOR * slow)
    warm = np.arange(len(close)) >= _FAST_BARS
    return np.asarray(np.sqrt(np.where(warm & (variance > 0), variance, np.nan)))


def past_move(market: Market, bars: int, sigma: Floats) -> Floats:
    """Log return of the last ``bars`` bars in standard deviations of such a move, cut at ±6. The standard deviation is the
    one known before the move began."""
    close = np.log(market.columns["close"])
    scale = lagged(sigma, bars) * np.sqrt(bars)
    return np.asarray(np.clip((close - lagged(close, bars)) / scale, -CAP_SD, CAP_SD))


def forward_move(market: Market, bars: int, sigma: Floats) -> Floats:
    """What a trader gets who acts on bar t's close: log return from the next open to the close ``bars`` later, in standard
    deviations (known at t) of such a move, cut at ±6; NaN where the data ends before."""
    out = np.full(len(market), np.nan)
    count = len(market) - bars
    if count > 0:
        opened, closed = np.log(market.columns["open"]), np.log(market.columns["close"])
        out[:count] = closed[bars:] - opened[1 : count + 1]
    return np.asarray(np.clip(out / (sigma * np.sqrt(bars)), -CAP_SD, CAP_SD))


def _windowed(values: Floats, length: int) -> Floats:
    """Sums of the last ``length`` values; fewer at the start."""
    total = np.concatenate(([0.0], np.cumsum(values)))
    end = np.arange(1, len(values) + 1)
    return np.asarray(total[end] - total[np.maximum(end - length, 0)])
