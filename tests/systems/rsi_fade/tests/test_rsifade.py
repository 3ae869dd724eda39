from __future__ import annotations

import numpy as np
import pandas as pd
from rsifade.arrays import rolling_mean, rsi
from rsifade.fade import signals


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


def test_rsi_is_a_percentage() -> None:
    values = rsi(candles()["close"].to_numpy(), 14)
    assert values.min() >= 0 and values.max() <= 100
    assert rsi(np.arange(1.0, 40.0), 14)[-1] == 100.0


def test_rolling_mean_ends_at_the_bar() -> None:
    assert rolling_mean(np.array([1.0, 2.0, 6.0]), 2).tolist()[1:] == [1.5, 4.0]


def test_it_fades_both_ways() -> None:
    out = signals(candles())
    assert out["enter_long"].sum() > 5 and out["enter_short"].sum() > 5
