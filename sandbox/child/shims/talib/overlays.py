"""Bands, parabolic stops and volume indicators, written from their published definitions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .averages import average
from .momentum import ratio
from .windows import deviation, rolling


def bbands(
    values: Any, timeperiod: int = 20, nbdevup: float = 2.0, nbdevdn: float = 2.0, matype: int = 0
) -> Any:
    """(upper, middle, lower)."""
    middle, spread = average(values, timeperiod, matype), deviation(values, timeperiod)
    return middle + nbdevup * spread, middle, middle - nbdevdn * spread


def stddev(values: Any, timeperiod: int = 5, nbdev: float = 1.0) -> Any:
    return nbdev * deviation(values, timeperiod)


def var(values: Any, timeperiod: int = 5, nbdev: float = 1.0) -> Any:
    return deviation(values, timeperiod) ** 2


def midpoint(values: Any, timeperiod: int = 14) -> Any:
    return (rolling(values, timeperiod, "max") + rolling(values, timeperiod, "min")) / 2.0


def midprice(high: Any, low: Any, timeperiod: int = 14) -> Any:
    return (rolling(high, timeperiod, "max") + rolling(low, timeperiod, "min")) / 2.0


def highest(values: Any, timeperiod: int = 30) -> Any:
    return rolling(values, timeperiod, "max")


def lowest(values: Any, timeperiod: int = 30) -> Any:
    return rolling(values, timeperiod, "min")


def total(values: Any, timeperiod: int = 30) -> Any:
    return rolling(values, timeperiod, "sum")


def sar(high: Any, low: Any, acceleration: float = 0.02, maximum: float = 0.2) -> Any:
    """Wilder's parabolic stop and reverse. It starts long unless the first down move is the larger one."""
    out = np.full(len(high), np.nan)
    if len(high) < 2:
        return out
    highs, lows, step = high.tolist(), low.tolist(), min(acceleration, maximum)
    up, down = highs[1] - highs[0], lows[0] - lows[1]
    long = not (down > up and down > 0)
    stop, best, pace = (lows[0], highs[1], step) if long else (highs[0], lows[1], step)
    before_low, before_high = lows[1], highs[1]
    for k in range(1, len(highs)):
        h, low_now = highs[k], lows[k]
        if (long and low_now <= stop) or (not long and h >= stop):
            long, stop, pace = not long, best, step
            stop = min(stop, before_low, low_now) if long else max(stop, before_high, h)
            out[k], best = stop, h if long else low_now
        else:
            out[k] = stop
            if (long and h > best) or (not long and low_now < best):
                best, pace = (h if long else low_now), min(pace + step, maximum)
        stop += pace * (best - stop)
        stop = min(stop, before_low, low_now) if long else max(stop, before_high, h)
        before_low, before_high = low_now, h
    return out


def obv(close: Any, volume: Any) -> Any:
    """Volume added on a rise and taken off on a fall; starts at the first volume."""
    signed = np.sign(np.diff(close)) * volume[1:]
    return np.concatenate((volume[:1], volume[:1] + np.cumsum(signed)))


def ad(high: Any, low: Any, close: Any, volume: Any) -> Any:
    """Chaikin's accumulation and distribution."""
    return np.cumsum(ratio(2.0 * close - high - low, high - low) * volume)


def adosc(high: Any, low: Any, close: Any, volume: Any, fastperiod: int = 3, slowperiod: int = 10) -> Any:
    """Difference of two exponential means of ``ad``, both from its first value on."""
    import pandas as pd

    line = pd.Series(ad(high, low, close, volume))
    fast, slow = (line.ewm(span=n, adjust=False).mean().to_numpy() for n in (fastperiod, slowperiod))
    out: Any = fast - slow
    out[: max(fastperiod, slowperiod) - 1] = np.nan
    return out


def avgprice(opened: Any, high: Any, low: Any, close: Any) -> Any:
    return (opened + high + low + close) / 4.0


def medprice(high: Any, low: Any) -> Any:
    return (high + low) / 2.0


def typprice(high: Any, low: Any, close: Any) -> Any:
    return (high + low + close) / 3.0


def wclprice(high: Any, low: Any, close: Any) -> Any:
    return (high + low + 2.0 * close) / 4.0
