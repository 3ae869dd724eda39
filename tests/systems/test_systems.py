"""The held-out systems work, and each is what its ``truth.json`` says."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tools.system.config import load_config

HERE = Path(__file__).parent
NAMES = sorted(path.parent.name for path in HERE.glob("*/mendel.toml"))
TRUTH: dict[str, dict[str, Any]] = {n: json.loads((HERE / n / "truth.json").read_text()) for n in NAMES}
PLANTED = [name for name in NAMES if TRUTH[name]["file"]]
CONTROLS = [name for name in NAMES if not TRUTH[name]["file"]]
#: Plugins that happen to be installed here are none of the suite's business, and slow to load.
ALONE = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
ENTRIES = ["enter_long", "enter_short"]
Strategy = Callable[[pd.DataFrame], pd.DataFrame]


def candles(bars: int, turnover: float) -> pd.DataFrame:
    """A random walk whose bars trade about ``turnover`` in quote currency, with a daily rhythm."""
    rng = np.random.default_rng(2)
    close = 20.0 * np.exp(np.cumsum(rng.normal(0.0, 0.0015, bars)))
    opened = np.concatenate([[20.0], close[:-1]])
    wick = np.abs(rng.normal(0.0, 0.0008, (2, bars))) * close
    rhythm = np.exp(0.7 * np.sin(np.arange(bars) * 2 * np.pi / 288))
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) + wick[0],
        "low": np.minimum(opened, close) - wick[1],
        "close": close,
        "volume": turnover / close * rhythm * rng.lognormal(0.0, 0.6, bars),
    }
    return pd.DataFrame(columns, index=pd.date_range("2025-01-01", periods=bars, freq="5min", tz="UTC"))


def _load(reference: str) -> Any:
    module, name = reference.split(":")
    return getattr(importlib.import_module(module), name)


@pytest.fixture
def strategy(request: pytest.FixtureRequest) -> Iterator[Strategy]:
    """The strategy of the named system, imported from its own folder and forgotten afterwards."""
    root = HERE / request.param
    config = load_config(root).strategy
    before = set(sys.modules)
    sys.path.insert(0, str(root))
    try:
        call = _load(config.target)
        settings = [_load(config.params)()] if config.params else []
        yield lambda bars: call(bars, *settings)
    finally:
        sys.path.remove(str(root))
        for name in set(sys.modules) - before:
            if str(root) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


def entries(decisions: pd.DataFrame) -> int:
    return int(decisions[ENTRIES].sum().sum())


def test_there_are_enough_of_both_kinds() -> None:
    assert len(PLANTED) >= 7 and len(CONTROLS) >= 2
    assert len({truth["style"] for truth in TRUTH.values()}) == len(NAMES)


@pytest.mark.parametrize("name", PLANTED)
def test_the_planted_line_is_in_one_place(name: str) -> None:
    truth = TRUTH[name]
    text = (HERE / name / truth["file"]).read_text(encoding="utf-8")
    for line in [truth["line_contains"], *truth.get("also", [])]:
        assert text.count(line) == 1


@pytest.mark.parametrize("strategy", NAMES, indirect=True)
def test_busy_markets_trade_and_the_bars_are_left_alone(strategy: Strategy) -> None:
    bars = candles(12_000, 4e7)
    before = bars.copy(deep=True)
    decisions = strategy(bars)
    assert entries(decisions) >= 20
    assert bars.equals(before) and decisions.index.equals(bars.index)
    entered = decisions[decisions[ENTRIES].sum(axis=1) > 0]
    assert entered["stop"].between(1e-4, 0.3).all()


@pytest.mark.parametrize("strategy", PLANTED, indirect=True)
def test_planted_systems_are_silent_on_quiet_markets(strategy: Strategy) -> None:
    assert entries(strategy(candles(12_000, 2e4))) == 0


@pytest.mark.parametrize("strategy", CONTROLS, indirect=True)
def test_controls_do_not_know_the_size_of_the_market(strategy: Strategy) -> None:
    bars = candles(12_000, 2e4)
    busy = bars.assign(volume=bars["volume"] * 1024.0)
    pd.testing.assert_frame_equal(strategy(bars), strategy(busy), check_exact=True)
    assert entries(strategy(bars)) >= 20


@pytest.mark.parametrize("strategy", NAMES, indirect=True)
def test_nothing_else_is_wrong_with_time_price_or_memory(strategy: Strategy) -> None:
    bars = candles(6000, 4e6)
    whole = strategy(bars)
    pd.testing.assert_frame_equal(whole, strategy(bars), check_exact=True)
    for cut in (700, 2500, 5000):
        past = strategy(bars.iloc[:cut])
        pd.testing.assert_frame_equal(whole.iloc[:cut], past, check_exact=True, check_freq=False)
    prices = {name: bars[name] * 8.0 for name in ("open", "high", "low", "close")}
    dear = bars.assign(**prices, volume=bars["volume"] / 8.0)
    pd.testing.assert_frame_equal(whole, strategy(dear), check_exact=True)


@pytest.mark.parametrize("name", NAMES)
def test_the_own_suite_passes(name: str, tmp_path: Path) -> None:
    copy = shutil.copytree(HERE / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=120, env=ALONE)
    assert done.returncode == 0, done.stdout + done.stderr
