from __future__ import annotations

import numpy as np
import pandas as pd
from breakout.rules import frame_of, signals


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


def test_channel_ends_before_the_bar() -> None:
    bars = candles()
    frame = frame_of(bars)
    assert frame["upper"].iloc[400] == bars["high"].iloc[112:400].max()


def test_it_enters_on_both_sides() -> None:
    out = signals(candles())
    assert out["enter_long"].sum() > 3 and out["enter_short"].sum() > 3
    assert not ((out["enter_long"] > 0) & (out["enter_short"] > 0)).any()
