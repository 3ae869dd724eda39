"""The squeeze example, imported afresh from a copy, and candles on which it trades."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "squeeze"
OWN = ("squeeze_bot", "make_dashboard")


def _forget() -> None:
    for name in [n for n in sys.modules if n.split(".")[0] in OWN]:
        del sys.modules[name]


@pytest.fixture
def squeeze_copy(tmp_path: Path) -> Path:
    """A copy of the example, as a person would have it."""
    ignored = shutil.ignore_patterns("__pycache__", "out", "data", ".*_cache")
    return shutil.copytree(EXAMPLE, tmp_path / "squeeze", ignore=ignored)


@pytest.fixture
def bot(squeeze_copy: Path) -> Iterator[Callable[[str], ModuleType]]:
    """Imports a module of the copy by its name inside squeeze_bot; nothing is remembered between tests."""
    _forget()
    sys.path.insert(0, str(squeeze_copy))
    try:
        yield lambda name: importlib.import_module(f"squeeze_bot.{name}")
    finally:
        sys.path.remove(str(squeeze_copy))
        _forget()


@pytest.fixture
def decide(bot: Callable[[str], ModuleType]) -> Callable[..., pd.DataFrame]:
    """Decisions of a fresh process' first call: ``decide(bars, setting=value)``."""

    def run(bars: pd.DataFrame, **settings: Any) -> pd.DataFrame:
        kept = {n: m for n, m in sys.modules.items() if n.split(".")[0] in OWN}
        _forget()
        try:
            answer = bot("strategy").signals(bars, bot("config").SqueezeConfig(**settings))
        finally:
            _forget()
            sys.modules.update(kept)
        assert isinstance(answer, pd.DataFrame)
        return answer

    return run


def candles(bars: int = 12_000, seed: int = 3, price: float = 100.0, volume: float = 2e5) -> pd.DataFrame:
    """A random walk with quiet and busy stretches: OHLCV, no other columns."""
    rng = np.random.default_rng(seed)
    calm = 0.3 + np.abs(np.sin(np.arange(bars) / 90.0))
    close = price * np.exp(np.cumsum(rng.normal(0.0, 0.001, bars) * calm))
    opened = np.concatenate([[price], close[:-1]])
    wick = np.abs(rng.normal(0.0, 0.0009, (2, bars))) * close * calm
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) + wick[0],
        "low": np.minimum(opened, close) - wick[1],
        "close": close,
        "volume": volume * rng.lognormal(0.0, 0.6, bars),
    }
    return pd.DataFrame(columns, index=pd.date_range("2025-01-01", periods=bars, freq="5min", tz="UTC"))


def rich(bars: pd.DataFrame, seed: int = 5) -> pd.DataFrame:
    """The same candles with taker volume, open interest and funding."""
    rng = np.random.default_rng(seed)
    share = 0.5 + 0.3 * np.tanh(rng.normal(0.0, 1.0, len(bars)))
    interest = 1e6 * np.exp(np.cumsum(rng.normal(0.0, 0.003, len(bars))))
    funding = np.where(bars.index.hour % 8 + bars.index.minute == 0, 0.0001, 0.0)
    return bars.assign(taker_buy_volume=bars["volume"] * share, open_interest=interest, funding_rate=funding)


@pytest.fixture(scope="session")
def market() -> SimpleNamespace:
    """Makers of candles: ``market.candles(...)`` and ``market.rich(bars)``."""
    return SimpleNamespace(candles=candles, rich=rich)
