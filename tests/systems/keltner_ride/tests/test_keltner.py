from __future__ import annotations

import numpy as np
import pandas as pd
from keltner.ride import RideConfig, channel, signals


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


def test_channel_surrounds_its_middle() -> None:
    middle, half = channel(candles(), RideConfig())
    assert (half.dropna() > 0).all() and middle.notna().sum() > 5000


def test_a_busier_market_decides_the_same() -> None:
    bars = candles()
    busy = bars.assign(volume=bars["volume"] * 8.0)
    out = signals(bars, RideConfig())
    assert out["enter_long"].sum() > 5
    assert out.equals(signals(busy, RideConfig()))
