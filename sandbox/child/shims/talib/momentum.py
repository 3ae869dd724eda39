"""Momentum indicators, written from their published definitions; where they start follows TA-Lib."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .averages import average
from .windows import ema, line, rolling, seeded, shifted, sma, tail, wilder, wilder_sum

#: Typical prices that differ by less are equal, whatever rounding says.
_SAME = 1e-12


def ratio(above: Any, below: Any, otherwise: float = 0.0) -> Any:
    """above / below, ``otherwise`` where below is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below == 0.0, otherwise, above / np.where(below == 0.0, 1.0, below))


def _ups_and_downs(values: Any, window: int) -> tuple[Any, Any]:
    change = np.diff(values)
    up, down = (wilder(np.maximum(way * change, 0.0), window) for way in (1.0, -1.0))
    return np.concatenate(([np.nan], up)), np.concatenate(([np.nan], down))


def rsi(values: Any, timeperiod: int = 14) -> Any:
    up, down = _ups_and_downs(values, timeperiod)
    return 100.0 * ratio(up, up + down)


def cmo(values: Any, timeperiod: int = 14) -> Any:
    up, down = _ups_and_downs(values, timeperiod)
    return 100.0 * ratio(up - down, up + down)


def true_range(high: Any, low: Any, close: Any) -> Any:
    before = shifted(close, 1)
    spread = np.maximum(high - low, np.maximum(np.abs(high - before), np.abs(low - before)))
    return np.where(np.isnan(before), np.nan, spread)


def atr(high: Any, low: Any, close: Any, timeperiod: int = 14) -> Any:
    spread = true_range(high, low, close)
    return spread if timeperiod <= 1 else tail(spread, wilder, timeperiod)


def natr(high: Any, low: Any, close: Any, timeperiod: int = 14) -> Any:
    return 100.0 * ratio(atr(high, low, close, timeperiod), close)


def _moves(high: Any, low: Any) -> tuple[Any, Any]:
    up, down = np.diff(high), -np.diff(low)
    return np.where((up > down) & (up > 0), up, 0.0), np.where((down > up) & (down > 0), down, 0.0)


def directional(high: Any, low: Any, close: Any, timeperiod: int) -> tuple[Any, Any]:
    """(+DI, -DI)."""
    spread = wilder_sum(true_range(high, low, close)[1:], timeperiod)
    plus, minus = (100.0 * ratio(wilder_sum(m, timeperiod), spread) for m in _moves(high, low))
    return np.concatenate(([np.nan], plus)), np.concatenate(([np.nan], minus))


def plus_di(high: Any, low: Any, close: Any, timeperiod: int = 14) -> Any:
    return directional(high, low, close, timeperiod)[0]


def minus_di(high: Any, low: Any, close: Any, timeperiod: int = 14) -> Any:
    return directional(high, low, close, timeperiod)[1]


def _dm(moves: Any, timeperiod: int) -> Any:
    out = np.concatenate(([np.nan], wilder_sum(moves, timeperiod)))
    if len(out) >= timeperiod:
        out[timeperiod - 1] = np.sum(moves[: timeperiod - 1])
    return out


def plus_dm(high: Any, low: Any, timeperiod: int = 14) -> Any:
    return _dm(_moves(high, low)[0], timeperiod)


def minus_dm(high: Any, low: Any, timeperiod: int = 14) -> Any:
    return _dm(_moves(high, low)[1], timeperiod)


def dx(high: Any, low: Any, close: Any, timeperiod: int = 14) -> Any:
    plus, minus = directional(high, low, close, timeperiod)
    return 100.0 * ratio(np.abs(plus - minus), plus + minus)


def adx(high: Any, low: Any, close: Any, timeperiod: int = 14) -> Any:
    return tail(dx(high, low, close, timeperiod), wilder, timeperiod)


def adxr(high: Any, low: Any, close: Any, timeperiod: int = 14) -> Any:
    now = adx(high, low, close, timeperiod)
    return (now + shifted(now, timeperiod - 1)) / 2.0


def cci(high: Any, low: Any, close: Any, timeperiod: int = 14) -> Any:
    typical = (high + low + close) / 3.0
    out = np.full(len(typical), np.nan)
    if len(typical) >= timeperiod:
        views = sliding_window_view(typical, timeperiod)
        mean = views.mean(axis=1)
        spread = np.abs(views - mean[:, None]).mean(axis=1)
        out[timeperiod - 1 :] = ratio(views[:, -1] - mean, 0.015 * spread)
    return out


def mfi(high: Any, low: Any, close: Any, volume: Any, timeperiod: int = 14) -> Any:
    typical = (high + low + close) / 3.0
    change, flow = np.diff(typical), (typical * volume)[1:]
    ways = change > _SAME, change < -_SAME
    into, out_of = (rolling(np.where(way, flow, 0.0), timeperiod, "sum") for way in ways)
    total = into + out_of
    return np.concatenate(([np.nan], np.where(total < 1.0, 0.0, 100.0 * ratio(into, total))))


def willr(high: Any, low: Any, close: Any, timeperiod: int = 14) -> Any:
    top, bottom = rolling(high, timeperiod, "max"), rolling(low, timeperiod, "min")
    return -100.0 * ratio(top - close, top - bottom)


def fast_k(high: Any, low: Any, close: Any, period: int) -> Any:
    top, bottom = rolling(high, period, "max"), rolling(low, period, "min")
    return 100.0 * ratio(close - bottom, top - bottom)


def _together(*columns: Any) -> tuple[Any, ...]:
    """NaN wherever one of them is."""
    unknown = np.isnan(np.sum(columns, axis=0))
    return tuple(np.where(unknown, np.nan, column) for column in columns)


def stochf(
    high: Any, low: Any, close: Any, fastk_period: int = 5, fastd_period: int = 3, fastd_matype: int = 0
) -> Any:
    k = fast_k(high, low, close, fastk_period)
    return _together(k, tail(k, average, fastd_period, fastd_matype))


def stoch(
    high: Any, low: Any, close: Any, fastk_period: int = 5, slowk_period: int = 3, slowk_matype: int = 0,
    slowd_period: int = 3, slowd_matype: int = 0,
) -> Any:  # fmt: skip
    slow = tail(fast_k(high, low, close, fastk_period), average, slowk_period, slowk_matype)
    return _together(slow, tail(slow, average, slowd_period, slowd_matype))


def stochrsi(
    values: Any, timeperiod: int = 14, fastk_period: int = 5, fastd_period: int = 3, fastd_matype: int = 0
) -> Any:
    known = rsi(values, timeperiod)
    start = min(timeperiod, len(values))
    k, d = stochf(known[start:], known[start:], known[start:], fastk_period, fastd_period, fastd_matype)
    front = np.full(start, np.nan)
    return np.concatenate((front, k)), np.concatenate((front, d))


def _late(values: Any, fast: int, slow: int, matype: int) -> Any:
    """The fast mean, started where the slow one starts, as TA-Lib's MACD has it."""
    skipped = min(slow - fast, len(values)) if matype == 1 else 0
    return np.concatenate((np.full(skipped, np.nan), average(values[skipped:], fast, matype)))


def macd(values: Any, fastperiod: int = 12, slowperiod: int = 26, signalperiod: int = 9) -> Any:
    fast, slow = sorted((fastperiod, slowperiod))
    difference = _late(values, fast, slow, 1) - ema(values, slow)
    signal = tail(difference, ema, signalperiod)
    return _together(difference, signal, difference - signal)


def macdfix(values: Any, signalperiod: int = 9) -> Any:
    skipped = min(14, len(values))
    fast = np.concatenate((np.full(skipped, np.nan), seeded(values[skipped:], 12, 0.15)))
    difference = fast - seeded(values, 26, 0.075)
    signal = tail(difference, ema, signalperiod)
    return _together(difference, signal, difference - signal)


def macdext(
    values: Any, fastperiod: int = 12, fastmatype: int = 0, slowperiod: int = 26, slowmatype: int = 0,
    signalperiod: int = 9, signalmatype: int = 0,
) -> Any:  # fmt: skip
    if fastperiod > slowperiod:
        fastperiod, fastmatype, slowperiod, slowmatype = slowperiod, slowmatype, fastperiod, fastmatype
    fast = _late(values, fastperiod, slowperiod, fastmatype)
    difference = fast - average(values, slowperiod, slowmatype)
    signal = tail(difference, average, signalperiod, signalmatype)
    return _together(difference, signal, difference - signal)


def _two(values: Any, first: int, second: int, matype: int) -> tuple[Any, Any]:
    fast, slow = sorted((first, second))
    return average(values, fast, matype), average(values, slow, matype)


def apo(values: Any, fastperiod: int = 12, slowperiod: int = 26, matype: int = 1) -> Any:
    fast, slow = _two(values, fastperiod, slowperiod, matype)
    return fast - slow


def ppo(values: Any, fastperiod: int = 12, slowperiod: int = 26, matype: int = 1) -> Any:
    fast, slow = _two(values, fastperiod, slowperiod, matype)
    return 100.0 * ratio(fast - slow, slow)


def trix(values: Any, timeperiod: int = 30) -> Any:
    third = tail(tail(ema(values, timeperiod), ema, timeperiod), ema, timeperiod)
    return roc(third, 1)


def mom(values: Any, timeperiod: int = 10) -> Any:
    return values - shifted(values, timeperiod)


def rocr(values: Any, timeperiod: int = 10) -> Any:
    return ratio(values, shifted(values, timeperiod))


def roc(values: Any, timeperiod: int = 10) -> Any:
    before = shifted(values, timeperiod)
    return 100.0 * ratio(values - before, before)


def rocp(values: Any, timeperiod: int = 10) -> Any:
    return roc(values, timeperiod) / 100.0


def rocr100(values: Any, timeperiod: int = 10) -> Any:
    return 100.0 * rocr(values, timeperiod)


def aroon(high: Any, low: Any, timeperiod: int = 14) -> Any:
    """(down, up): how recent the lowest low and the highest high of the last timeperiod + 1 bars are."""
    found = []
    for values in (-low, high):
        out = np.full(len(values), np.nan)
        if len(values) > timeperiod:
            views = sliding_window_view(values, timeperiod + 1)[:, ::-1]
            out[timeperiod:] = 100.0 * (timeperiod - views.argmax(axis=1)) / timeperiod
        found.append(out)
    return tuple(found)


def aroonosc(high: Any, low: Any, timeperiod: int = 14) -> Any:
    down, up = aroon(high, low, timeperiod)
    return up - down


def bop(opened: Any, high: Any, low: Any, close: Any) -> Any:
    return ratio(close - opened, high - low)


def ultosc(
    high: Any, low: Any, close: Any, timeperiod1: int = 7, timeperiod2: int = 14, timeperiod3: int = 28
) -> Any:
    before = shifted(close, 1)
    pressure, spread = close - np.minimum(low, before), true_range(high, low, close)
    means = [
        ratio(tail(pressure, rolling, n, "sum"), tail(spread, rolling, n, "sum"))
        for n in sorted((timeperiod1, timeperiod2, timeperiod3))
    ]
    return 100.0 * (4.0 * means[0] + 2.0 * means[1] + means[2]) / 7.0


def linearreg(values: Any, timeperiod: int = 14) -> Any:
    start, slope = line(values, timeperiod)
    return start + slope * (timeperiod - 1)


def linearreg_slope(values: Any, timeperiod: int = 14) -> Any:
    return line(values, timeperiod)[1]


def linearreg_intercept(values: Any, timeperiod: int = 14) -> Any:
    return line(values, timeperiod)[0]


def linearreg_angle(values: Any, timeperiod: int = 14) -> Any:
    return np.degrees(np.arctan(line(values, timeperiod)[1]))


def tsf(values: Any, timeperiod: int = 14) -> Any:
    start, slope = line(values, timeperiod)
    return start + slope * timeperiod


def correl(first: Any, second: Any, timeperiod: int = 30) -> Any:
    """Pearson's correlation of the last timeperiod pairs."""
    mean = [sma(v, timeperiod) for v in (first, second)]
    both = sma(first * second, timeperiod) - mean[0] * mean[1]
    spread = [sma(v * v, timeperiod) - m * m for v, m in zip((first, second), mean, strict=True)]
    return ratio(both, np.sqrt(np.maximum(spread[0] * spread[1], 0.0)))
