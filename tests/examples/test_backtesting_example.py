"""The example of a backtesting.py strategy: attached from nothing, backtested, traced and analysed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mendel.cli import app
from tools.system.system import System

pytestmark = pytest.mark.sandbox

EXAMPLE = Path(__file__).parents[2] / "examples" / "backtesting_cross"
RUN = CliRunner()


@pytest.fixture(scope="module")
def attached(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with candles, attached by the command."""
    folder = tmp_path_factory.mktemp("example") / "cross"
    shutil.copytree(
        EXAMPLE, folder, ignore=shutil.ignore_patterns("data", "mendel.toml", ".mendel", "__pycache__")
    )
    words = ["--days", "20", "--symbol", "TONUSDT", "--symbol", "BTCUSDT", "--json"]
    made = RUN.invoke(app, ["data", "synth", str(folder / "data"), *words])
    assert made.exit_code == 0, made.output
    done = RUN.invoke(app, ["attach", str(folder), "--yes"])
    assert done.exit_code == 0, done.output
    assert "Dry run: ok" in done.output
    return folder


def answer(*words: str) -> dict[str, Any]:
    done = RUN.invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_attach_takes_the_class_and_not_the_script(attached: Path) -> None:
    strategy = System.open(attached).config.strategy
    assert (strategy.kind, strategy.target) == ("backtesting", "cross:FilteredCross")


def test_it_is_backtested(attached: Path) -> None:
    symbols = answer("backtest", str(attached))["symbols"]
    assert set(symbols) == {"TONUSDT", "BTCUSDT"}
    assert all(told["trades"] > 5 for told in symbols.values())


def test_the_way_to_an_order_is_told_by_bar(attached: Path) -> None:
    done = RUN.invoke(app, ["why-silent", "TONUSDT", "--system", str(attached)])
    assert done.exit_code == 0, done.output
    assert "crossover(self.ma_fast, self.ma_slow)" in done.output
    assert "The way to enter_long" in done.output and "all at once: -" not in done.output


@pytest.mark.slow
def test_it_is_analysed(attached: Path) -> None:
    told = answer("analyze", str(attached))
    assert told["findings"] == [] and told["architecture"]
    assert [s for s in told["suspects"] if s["category"] == "lookahead"] == []


def test_the_script_needs_the_library_that_the_engine_does_without(attached: Path) -> None:
    done = subprocess.run([sys.executable, "run.py"], cwd=attached, capture_output=True, text=True)
    assert "No module named 'backtesting'" in done.stderr
