"""Indicators shared by the phases. Each takes and returns series on the index of the bars."""

from __future__ import annotations

import pandas as pd


def true_range(bars: pd.DataFrame) -> pd.Series:
    """Range of a bar including the gap from the previous close, in price units."""
    previous = bars["close"].shift(1)
    spans = [bars["high"] - bars["low"], (bars["high"] - previous).abs(), (bars["low"] - previous).abs()]
    return pd.concat(spans, axis=1).max(axis=1)


def average_true_range(bars: pd.DataFrame, length: int) -> pd.Series:
    """Mean true range of the last ``length`` bars, in price units."""
    return true_range(bars).rolling(length).mean()


def zscore(close: pd.Series, length: int) -> pd.Series:
    """Distance from the moving average in moving standard deviations."""
    window = close.rolling(length)
    deviation = window.std()
    return (close - window.mean()) / deviation.where(deviation > 0)


def quote_volume(bars: pd.DataFrame) -> pd.Series:
    """Traded value of each bar in quote currency."""
    if "quote_volume" in bars:
        return bars["quote_volume"]
    return bars["volume"] * bars["close"]


def relative_volume(bars: pd.DataFrame, length: int) -> pd.Series:
    """How unusual the traded value of the last ``length`` bars is for its market, in standard deviations."""
    traded = quote_volume(bars).rolling(length).mean()
    return (traded - traded.mean()) / traded.std()


def close_location(bars: pd.DataFrame) -> pd.Series:
    """Where the close is in the range of its bar: 0 at the low, 1 at the high, 0.5 without a range."""
    span = bars["high"] - bars["low"]
    return ((bars["close"] - bars["low"]) / span.where(span > 0)).fillna(0.5)
