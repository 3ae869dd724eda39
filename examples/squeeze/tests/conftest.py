"""Candles for the tests: a random walk with quiet and busy stretches, large enough to trade."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from squeeze_bot.config import SqueezeConfig
from squeeze_bot.strategy import signals


@pytest.fixture(scope="session")
def bars() -> pd.DataFrame:
    """Ten thousand candles of a busy market."""
    rng = np.random.default_rng(7)
    n = 10_000
    calm = 0.3 + np.abs(np.sin(np.arange(n) / 90.0))
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.001, n) * calm))
    opened = np.concatenate([[100.0], close[:-1]])
    wick = np.abs(rng.normal(0.0, 0.0009, (2, n))) * close * calm
    return pd.DataFrame(
        {
            "open": opened,
            "high": np.maximum(opened, close) + wick[0],
            "low": np.minimum(opened, close) - wick[1],
            "close": close,
            "volume": rng.lognormal(12.0, 0.6, n),
        },
        index=pd.date_range("2025-01-01", periods=n, freq="5min", tz="UTC"),
    )


@pytest.fixture(scope="session")
def params() -> SqueezeConfig:
    """The default settings."""
    return SqueezeConfig()


@pytest.fixture(scope="session")
def decisions(bars: pd.DataFrame, params: SqueezeConfig) -> pd.DataFrame:
    """What the system decides on the candles."""
    return signals(bars, params)
