"""The squeeze example works as a system of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tools.system.config import load_config

#: Plugins that happen to be installed here are none of the suite's business, and slow to load.
ALONE = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
FLAGS = ["enter_long", "exit_long", "enter_short", "exit_short"]


def test_it_trades_both_ways_on_plain_and_on_rich_candles(decide, market) -> None:
    plain = market.candles()
    for bars in (plain, market.rich(plain)):
        answer = decide(bars)
        assert answer["enter_long"].sum() > 10 and answer["enter_short"].sum() > 10
        assert answer[FLAGS].isin([0.0, 1.0]).all().all()
        entered = answer[(answer["enter_long"] + answer["enter_short"]) > 0]
        assert np.isfinite(entered.to_numpy()).all()
        assert entered["stop"].between(1e-4, 0.2).all() and entered["size"].between(0.0, 1.0).all()


def test_a_quiet_market_is_silent(decide, market) -> None:
    quiet = decide(market.candles(volume=200.0))
    assert quiet[["enter_long", "enter_short"]].sum().sum() == 0


def test_it_leaves_the_bars_alone(decide, market) -> None:
    bars = market.rich(market.candles(3000))
    before = bars.copy(deep=True)
    decide(bars)
    assert bars.equals(before)


def test_half_a_year_takes_well_under_a_second(decide, market) -> None:
    bars = market.rich(market.candles(50_000))
    start = time.process_time()
    decide(bars)
    assert time.process_time() - start < 2.0  # measured 0.1 s alone: room for a busy machine


def test_its_settings_file_is_valid(squeeze_copy: Path) -> None:
    config = load_config(squeeze_copy)
    assert config.strategy.target == "squeeze_bot.strategy:signals"
    assert config.strategy.params == "squeeze_bot.config:SqueezeConfig"


def test_its_own_suite_passes(squeeze_copy: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=squeeze_copy, capture_output=True, text=True, timeout=120, env=ALONE)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("order", [1, -1])
def test_its_own_suite_does_not_depend_on_the_order_of_files(squeeze_copy: Path, order: int) -> None:
    files = sorted(str(p.relative_to(squeeze_copy)) for p in (squeeze_copy / "tests").glob("test_*.py"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files[::order]]
    done = subprocess.run(command, cwd=squeeze_copy, capture_output=True, text=True, timeout=120, env=ALONE)
    assert done.returncode == 0, done.stdout + done.stderr
