"""A few of TA-Lib's candle patterns. Bodies and shadows are measured against the average of the ten candles before:
100 the pattern, -100 its bearish twin, 0 none."""

from __future__ import annotations

from typing import Any

import numpy as np

from .windows import shifted, sma

_PERIOD = 10


class Candles:
    """Measures of each candle, and the averages they are compared with (of the candles before, NaN at first)."""

    def __init__(self, opened: Any, high: Any, low: Any, close: Any) -> None:
        self.opened, self.high, self.low, self.close = opened, high, low, close
        self.body, self.range = np.abs(close - opened), high - low
        self.upper, self.lower = high - np.maximum(opened, close), np.minimum(opened, close) - low
        self.white = close >= opened
        self.usual_body = shifted(sma(self.body, _PERIOD), 1)
        self.usual_range = shifted(sma(self.range, _PERIOD), 1)

    def known(self, pattern: Any, value: Any = 100) -> Any:
        """The pattern as TA-Lib's integers."""
        return np.where(np.asarray(pattern, bool), value, 0).astype(np.int32)


def doji(opened: Any, high: Any, low: Any, close: Any) -> Any:
    c = Candles(opened, high, low, close)
    return c.known(c.body <= 0.1 * c.usual_range)


def dragonflydoji(opened: Any, high: Any, low: Any, close: Any) -> Any:
    c = Candles(opened, high, low, close)
    tiny = 0.1 * c.usual_range
    return c.known((c.body <= tiny) & (c.upper < tiny) & (c.lower > tiny))


def gravestonedoji(opened: Any, high: Any, low: Any, close: Any) -> Any:
    c = Candles(opened, high, low, close)
    tiny = 0.1 * c.usual_range
    return c.known((c.body <= tiny) & (c.lower < tiny) & (c.upper > tiny))


def engulfing(opened: Any, high: Any, low: Any, close: Any) -> Any:
    before_open, before_close = shifted(opened, 1), shifted(close, 1)
    white, was_white = close >= opened, before_close >= before_open
    above, beyond = close - before_open, before_close - opened  # at least one must be strict
    way = np.where(white & ~was_white, 1, np.where(~white & was_white, -1, 0))
    over, under = way * above, way * beyond
    found = (way != 0) & (over >= 0) & (under >= 0) & ((over > 0) | (under > 0))
    out = np.where(found, way * np.where((over > 0) & (under > 0), 100, 80), 0).astype(np.int32)
    out[:2] = 0
    return out
