from __future__ import annotations

import numpy as np
import pandas as pd
from scorecard.model import CardConfig, points, signals


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


def test_scores_are_between_zero_and_five() -> None:
    card = points(candles(), CardConfig())
    assert card.min().min() >= 0 and card.max().max() <= 5


def test_a_higher_cut_trades_less() -> None:
    four, five = (
        signals(candles(), CardConfig(cut=cut))[["enter_long", "enter_short"]].sum().sum() for cut in (4, 5)
    )
    assert 0 < five < four
