from __future__ import annotations

import numpy as np
import pandas as pd
from insidebar.scan import breakout_side, signals, trailing_mean


def candles(bars: int = 6000, volume: float = 5e5) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.0015, bars)))
    opened = np.concatenate([[50.0], close[:-1]])
    wick = np.abs(rng.normal(0.0, 0.0006, (2, bars))) * close
    high, low = np.maximum(opened, close) + wick[0], np.minimum(opened, close) - wick[1]
    traded = volume * rng.lognormal(0.0, 0.5, bars)
    index = pd.date_range("2025-03-01", periods=bars, freq="5min", tz="UTC")
    return pd.DataFrame(
        {"open": opened, "high": high, "low": low, "close": close, "volume": traded}, index=index
    )


def test_mean_ends_before_the_bar() -> None:
    assert trailing_mean(np.array([1.0, 3.0, 9.0]), 2)[2] == 2.0


def test_a_close_outside_has_a_side() -> None:
    high, low = np.array([2.0, 1.8, 3.0]), np.array([1.0, 1.2, 1.5])
    assert breakout_side(2, 0, high, low, np.array([1.5, 1.5, 2.5])) == 1
    assert breakout_side(2, 0, high, low, np.array([1.5, 1.5, 0.5])) == -1
    assert breakout_side(2, 0, high, low, np.array([1.5, 1.5, 1.5])) == 0


def test_it_trades() -> None:
    assert signals(candles())[["enter_long", "enter_short"]].sum().sum() > 5
