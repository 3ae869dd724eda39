"""The bot that is called bar by bar: attached from nothing, and every command works on it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mendel.cli import app
from tools.analysis.detect import suspects_of
from tools.analysis.detectors.registry import detect_suspects
from tools.analysis.workbench import Workbench
from tools.optimization.space import space_of
from tools.system.config import load_config

pytestmark = pytest.mark.sandbox

EXAMPLE = Path(__file__).parents[2] / "examples" / "process_bot"
RUN = CliRunner()


@pytest.fixture(scope="module")
def attached(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with candles of two symbols, attached by the command."""
    folder = tmp_path_factory.mktemp("example") / "bot"
    ignored = shutil.ignore_patterns("data", "mendel.toml", ".mendel", "__pycache__")
    shutil.copytree(EXAMPLE, folder, ignore=ignored)
    symbols = ["--symbol", "TONUSDT", "--symbol", "SOLUSDT"]
    made = RUN.invoke(app, ["data", "synth", str(folder / "data"), "--days", "8", *symbols, "--json"])
    assert made.exit_code == 0, made.output
    done = RUN.invoke(app, ["attach", str(folder), "--yes"])
    assert done.exit_code == 0, done.output
    return folder


def answer(*words: str) -> dict[str, Any]:
    done = RUN.invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def test_it_is_found_with_its_table_of_settings(attached: Path) -> None:
    strategy = load_config(attached).strategy
    assert (strategy.kind, strategy.target) == ("process", "process_bot.bot:TrendBot")
    assert strategy.params == "process_bot.config:CONFIG"


def test_both_sides_are_traded_and_what_was_not_followed_is_told(attached: Path) -> None:
    document = answer("backtest", str(attached))
    trades = {symbol: account["trades"] for symbol, account in document["symbols"].items()}
    assert trades["SOLUSDT"] > 10 and trades["TONUSDT"] < 5, trades
    assert any("each opens a short" in note for note in document["notes"]["SOLUSDT"]), document["notes"]
    shown = RUN.invoke(app, ["backtest", str(attached), "--symbol", "SOL"])
    assert "SOLUSDT: " in shown.stderr and "each opens a short" in shown.stderr, shown.stderr


@pytest.mark.slow
def test_the_condition_that_keeps_a_symbol_quiet_is_shown(attached: Path) -> None:
    """Its scalar ``if`` chain is traced, bar by bar."""
    document = answer("why-silent", "TON", "--system", str(attached))
    assert document["starved"] or document["silent"]
    (first, *_) = document["blocking"]
    assert "min_volume" in json.dumps(first), document["blocking"]


def test_the_last_bar_shown_is_no_look_ahead(attached: Path) -> None:
    with Workbench(attached) as bench:
        study = bench.study()
        assert not study.shown_ahead
        read = {s.category for s in detect_suspects(study.tree, study.architecture)}
        assert "lookahead" in read and {s.category for s in suspects_of(study)} == read - {"lookahead"}


def test_its_table_is_searched(attached: Path) -> None:
    with Workbench(attached) as bench:
        space = space_of(bench.study())
    assert space.defaults["min_volume"] == 5000.0 and space.defaults["fast"] == 12
    assert (
        answer("optimize", str(attached), "--trials", "2", "--param", "fast", "--param", "stop")["trials"]
        == 2
    )
