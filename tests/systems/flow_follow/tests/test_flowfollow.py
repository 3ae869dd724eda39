from __future__ import annotations

import numpy as np
import pandas as pd
from flowfollow.engine import PACE, WINDOW, estimated_flow, pace, signals


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


def test_flow_has_the_sign_of_the_close() -> None:
    bars = candles(300)
    bars["close"] = bars["high"]
    assert (estimated_flow(bars)[30:] > 0).all()


def test_entries_have_pace() -> None:
    bars = candles(volume=1e6)
    out = signals(bars)
    width = ((bars["high"] - bars["low"]) / bars["close"]).rolling(WINDOW).mean().to_numpy()
    entries = np.flatnonzero(out["enter_long"] > 0)
    assert len(entries) > 5
    assert all(pace(bars["close"].to_numpy(), width, i) > PACE for i in entries)
