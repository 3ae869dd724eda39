"""The example of a backtest script: attached from nothing, run, and its figures shown as its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mendel.cli import app

pytestmark = pytest.mark.sandbox

EXAMPLE = Path(__file__).parents[2] / "examples" / "command_script"
RUN = CliRunner()


@pytest.fixture(scope="module")
def attached(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with candles, attached by the command."""
    folder = tmp_path_factory.mktemp("example") / "script"
    shutil.copytree(
        EXAMPLE, folder, ignore=shutil.ignore_patterns("data", "out", "mendel.toml", ".mendel", "__pycache__")
    )
    made = RUN.invoke(app, ["data", "synth", str(folder / "data"), "--days", "12", "--json"])
    assert made.exit_code == 0, made.output
    done = RUN.invoke(app, ["attach", str(folder), "--yes"])
    assert done.exit_code == 0, done.output
    return folder


def answer(*words: str, code: int = 0) -> dict[str, object]:
    done = RUN.invoke(app, [*words, "--json"])
    assert done.exit_code == code, done.output
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def test_its_figures_are_shown_and_nothing_is_promotable(attached: Path) -> None:
    text = (attached / "mendel.toml").read_text()
    assert 'kind = "command"' in text and 'target = "python backtest.py"' in text
    document = answer("backtest", str(attached))
    system = document["system"]
    assert document["promotable"] is False and isinstance(system, dict)
    assert system["trades"] > 10 and system["provenance"] == "reported by the command"
    assert -1 < system["net_return"] < 1 and 0 <= system["max_drawdown"] <= 1 and 0 <= system["win_rate"] <= 1
    assert system["sharpe"] is None and system["why"]["sharpe"] == "the command does not report it"
    assert system["trades_total"] == system["trades"] == len(system["trades_table"])
    symbols = document["symbols"]
    assert isinstance(symbols, dict)
    assert sum(account["trades"] for account in symbols.values()) == system["trades"]
    last = max(row["exit_time"] for row in system["trades_table"])
    assert last < str(document["until"])
    assert not (attached / "out").exists()


def test_once_a_symbol_by_printed_text(attached: Path) -> None:
    config = attached / "mendel.toml"
    kept = config.read_text()
    command = (
        "\n[command]\nmetrics = { net_return = 'total_return_pct +(\\S+)' }\nunits = { net_return = \"%\" }\n"
    )
    config.write_text(
        kept.replace('"python backtest.py"', '"python backtest.py --symbol {symbol}"') + command
    )
    try:
        document = answer("backtest", str(attached), "--symbol", "TON")
    finally:
        config.write_text(kept)
    runs, symbols = document["runs"], document["symbols"]
    assert isinstance(runs, list) and isinstance(symbols, dict)
    assert [run["symbol"] for run in runs] == ["TONUSDT"] and document["system"] is None
    assert -1 < symbols["TONUSDT"]["net_return"] < 1
    assert (attached / runs[0]["log"]).read_text().startswith("$ python backtest.py --symbol TONUSDT\n")


def test_a_script_that_fails_is_told_in_one_line(attached: Path) -> None:
    config = attached / "mendel.toml"
    kept = config.read_text()
    config.write_text(kept.replace('"python backtest.py"', '"python backtest.py --nonsense"'))
    try:
        done = RUN.invoke(app, ["backtest", str(attached), "--json"])
    finally:
        config.write_text(kept)
    assert done.exit_code == 1
    document = json.loads(done.stdout)
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith(
        "could not score system: exit code 2: backtest.py: error: unrecognized arguments: --nonsense"
    )
    assert line.endswith("all that it printed: .mendel/command/system.log")
    assert document["system"]["sharpe"] is None
    assert document["why"]["system"].startswith("exit code 2")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["why-silent", "TON", "--system"], "mendel why-silent"),
        (["optimize"], "evolving or optimizing"),
        (["evolve"], "evolving or optimizing"),
    ],
)
def test_what_needs_decisions_says_so(attached: Path, words: list[str], what: str) -> None:
    document = answer(*words, str(attached), code=2)
    assert f"gives no decisions, without which {what} is not possible; wrap" in str(document["error"])


def test_analyze_does_its_static_part(attached: Path) -> None:
    document = answer("analyze", str(attached))
    architecture = document["architecture"]
    assert isinstance(architecture, dict)
    assert [row["file"] for row in architecture["entry_points"]] == ["backtest.py"]
    assert document["findings"] == [] and "gives no decisions" in document["why"]["findings"]  # type: ignore[index]
