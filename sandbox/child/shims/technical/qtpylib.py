"""qtpylib's indicators under their public names, written from their definitions. Series in, Series out; NaN until a
window is full."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def _series(values: Any, like: Any = None) -> Any:
    if isinstance(values, pd.Series):
        return values
    if np.isscalar(values):
        return pd.Series(values, index=like.index)
    return pd.Series(values, index=None if like is None else like.index)


def crossed(series1: Any, series2: Any, direction: str | None = None) -> Any:
    """Where the first is beyond the second and was not on the bar before. direction: above, below, None = either."""
    first = _series(series1, series2 if isinstance(series2, pd.Series) else None)
    second = _series(series2, first)
    above = (first > second) & (first.shift(1) <= second.shift(1))
    below = (first < second) & (first.shift(1) >= second.shift(1))
    if direction is None:
        return above | below
    return above if direction == "above" else below


def crossed_above(series1: Any, series2: Any) -> Any:
    """Where the first rises above the second."""
    return crossed(series1, series2, "above")


def crossed_below(series1: Any, series2: Any) -> Any:
    """Where the first falls below the second."""
    return crossed(series1, series2, "below")


def _window(series: Any, window: int, min_periods: int | None) -> Any:
    return _series(series).rolling(window=window, min_periods=window if min_periods is None else min_periods)


def rolling_mean(series: Any, window: int = 200, min_periods: int | None = None) -> Any:
    """Mean of the last ``window`` values."""
    return _window(series, window, min_periods).mean()


def rolling_std(series: Any, window: int = 200, min_periods: int | None = None) -> Any:
    """Standard deviation (of a sample) of the last ``window`` values."""
    return _window(series, window, min_periods).std()


def rolling_min(series: Any, window: int = 14, min_periods: int | None = None) -> Any:
    """Least of the last ``window`` values."""
    return _window(series, window, min_periods).min()


def rolling_max(series: Any, window: int = 14, min_periods: int | None = None) -> Any:
    """Greatest of the last ``window`` values."""
    return _window(series, window, min_periods).max()


def rolling_weighted_mean(series: Any, window: float = 200, min_periods: int | None = None) -> Any:
    """Exponentially weighted mean of span ``window``."""
    least = window if min_periods is None else min_periods
    return _series(series).ewm(span=window, min_periods=int(least)).mean()


def sma(series: Any, window: int = 200, min_periods: int | None = None) -> Any:
    """rolling_mean."""
    return rolling_mean(series, window, min_periods)


def wma(series: Any, window: int = 200, min_periods: int | None = None) -> Any:
    """rolling_weighted_mean."""
    return rolling_weighted_mean(series, window, min_periods)


def hull_moving_average(series: Any, window: int = 200, min_periods: int | None = None) -> Any:
    """Hull's mean, of exponentially weighted ones."""
    least = window if min_periods is None else min_periods
    faster = 2 * rolling_weighted_mean(series, window / 2, least) - rolling_weighted_mean(
        series, window, least
    )
    return rolling_weighted_mean(faster, np.sqrt(window), least)


def hma(series: Any, window: int = 200, min_periods: int | None = None) -> Any:
    """hull_moving_average."""
    return hull_moving_average(series, window, min_periods)


def typical_price(bars: Any) -> Any:
    """(high + low + close) / 3."""
    return (bars["high"] + bars["low"] + bars["close"]) / 3.0


def mid_price(bars: Any) -> Any:
    """(high + low) / 2."""
    return (bars["high"] + bars["low"]) / 2.0


def ibs(bars: Any) -> Any:
    """Where the close lies in the bar's range, 0 to 1."""
    return np.round((bars["close"] - bars["low"]) / (bars["high"] - bars["low"]), 2)


def true_range(bars: Any) -> Any:
    """The bar's range, gaps included."""
    before = bars["close"].shift(1)
    parts = [bars["high"] - bars["low"], (bars["high"] - before).abs(), (bars["low"] - before).abs()]
    return pd.Series(np.fmax(np.fmax(parts[0], parts[1]), parts[2]), index=bars.index)


def atr(bars: Any, window: int = 14, exp: bool = False) -> Any:
    """Mean true range."""
    spread = true_range(bars)
    return rolling_weighted_mean(spread, window) if exp else rolling_mean(spread, window)


def bollinger_bands(series: Any, window: int = 20, stds: float = 2) -> Any:
    """DataFrame of upper, mid and lower."""
    mid, spread = rolling_mean(series, window, 1), rolling_std(series, window, 1)
    return pd.DataFrame({"upper": mid + stds * spread, "mid": mid, "lower": mid - stds * spread})


def weighted_bollinger_bands(series: Any, window: int = 20, stds: float = 2) -> Any:
    """The same around an exponentially weighted mean."""
    mid, spread = rolling_weighted_mean(series, window), rolling_std(series, window)
    return pd.DataFrame({"upper": mid + stds * spread, "mid": mid, "lower": mid - stds * spread})


def keltner_channel(bars: Any, window: int = 14, atrs: float = 2) -> Any:
    """DataFrame of upper, mid and lower around the mean typical price."""
    mid, spread = rolling_mean(typical_price(bars), window), atr(bars, window)
    return pd.DataFrame({"upper": mid + atrs * spread, "mid": mid, "lower": mid - atrs * spread})


def heikinashi(bars: Any) -> Any:
    """DataFrame of smoothed candles: open, high, low, close."""
    close = (bars["open"] + bars["high"] + bars["low"] + bars["close"]) / 4.0
    opened = np.empty(len(bars))
    if len(bars):
        opened[0] = (bars["open"].iloc[0] + bars["close"].iloc[0]) / 2.0
        for k, value in enumerate(close.to_numpy()[:-1]):
            opened[k + 1] = (opened[k] + value) / 2.0
    made = pd.DataFrame(
        {"open": opened, "high": bars["high"], "low": bars["low"], "close": close}, index=bars.index
    )
    made["high"] = made[["open", "high", "close"]].max(axis=1)
    made["low"] = made[["open", "low", "close"]].min(axis=1)
    return made


def vwap(bars: Any) -> Any:
    """Refused, as the original refuses it: it looks ahead."""
    raise ValueError("qtpylib.vwap looks ahead: use qtpylib.rolling_vwap")


def rolling_vwap(bars: Any, window: int = 200, min_periods: int | None = None) -> Any:
    """Volume-weighted mean price of the last ``window`` bars."""
    least = window if min_periods is None else min_periods
    paid = (typical_price(bars) * bars["volume"]).rolling(window, min_periods=least).sum()
    return (
        (paid / bars["volume"].rolling(window, min_periods=least).sum())
        .replace([np.inf, -np.inf], np.nan)
        .ffill()
    )


def returns(series: Any) -> Any:
    """Change from bar to bar as a fraction, 0 where there is none."""
    return (series / series.shift(1) - 1).replace([np.inf, -np.inf], np.nan)


def log_returns(series: Any) -> Any:
    """Logarithm of the change from bar to bar."""
    return np.log(series / series.shift(1)).replace([np.inf, -np.inf], np.nan)


def roc(series: Any, window: int = 14) -> Any:
    """Change over ``window`` bars as a fraction."""
    return (series - series.shift(window)) / series.shift(window)


def macd(series: Any, fast: int = 3, slow: int = 10, smooth: int = 16) -> Any:
    """DataFrame of macd, signal and histogram."""
    line = rolling_weighted_mean(series, fast) - rolling_weighted_mean(series, slow)
    signal = rolling_weighted_mean(line, smooth)
    return pd.DataFrame({"macd": line, "signal": signal, "histogram": line - signal})


def awesome_oscillator(df: Any, weighted: bool = False, fast: int = 5, slow: int = 34) -> Any:
    """Fast mean less slow mean of the mid price."""
    middle = (df["high"] + df["low"]) / 2
    if weighted:
        return middle.ewm(fast).mean() - middle.ewm(slow).mean()
    return rolling_mean(middle, fast) - rolling_mean(middle, slow)


def zscore(bars: Any, window: int = 20, stds: float = 1, col: str = "close") -> Any:
    """Distance from the mean in standard deviations."""
    return (bars[col] - rolling_mean(bars[col], window)) / (rolling_std(bars[col], window) * stds)


def pvt(bars: Any) -> Any:
    """Price and volume trend."""
    return (((bars["close"] - bars["close"].shift(1)) / bars["close"].shift(1)) * bars["volume"]).cumsum()


def chopiness(bars: Any, window: int = 14) -> Any:
    """How much of the true ranges' sum is a straight way, 0 to 100."""
    total = true_range(bars).rolling(window).sum()
    spread = bars["high"].rolling(window).max() - bars["low"].rolling(window).min()
    return 100 * np.log10(total / spread) / np.log10(window)


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    raise AttributeError(
        f"qtpylib.{name} is not in Mendel's stand-in: install technical for this interpreter"
    )
