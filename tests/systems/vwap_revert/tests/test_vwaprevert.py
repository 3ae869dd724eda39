from __future__ import annotations

import numpy as np
import pandas as pd
from vwaprevert.bot import FAR, signals, stretch


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


def test_entries_come_back_from_far_away() -> None:
    bars = candles()
    z, out = stretch(bars), signals(bars)
    assert out["enter_long"].sum() > 3
    assert (z.shift(1)[out["enter_long"] > 0] < -FAR).all()


def test_longs_and_shorts_never_together() -> None:
    out = signals(candles())
    assert not ((out["enter_long"] > 0) & (out["enter_short"] > 0)).any()
