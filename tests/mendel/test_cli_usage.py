"""Every command: its help shows an example, a wrong call gets one line and exit code 2, success prints one JSON document."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from cli_kit import COMMAND, ENVIRONMENT, mendel, refused

from mendel.cli import app


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that can be called, with its words."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


TREE = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("words", TREE, ids=" ".join)
def test_the_help_shows_an_example_that_calls_the_command(words: tuple[str, ...]) -> None:
    help_text = TREE[words].help or ""
    examples = re.split("Examples?:", help_text)
    assert len(examples) == 2 and f"mendel {' '.join(words)}" in examples[1]
    options = {option for parameter in TREE[words].params for option in parameter.opts}
    used = {word for word in examples[1].split() if word.startswith("--")}
    assert used <= options | {"--help"}


@pytest.mark.parametrize("words", TREE, ids=" ".join)
def test_every_command_takes_json(words: tuple[str, ...]) -> None:
    assert any("--json" in parameter.opts for parameter in TREE[words].params)


def test_help_is_printed() -> None:
    done = mendel("evolve", "--help")
    assert done.code == 0 and "Example: mendel evolve" in done.out and "--json" in done.out


def test_a_wrong_call_gets_one_line() -> None:
    line = refused(mendel("evolve", "--nope", "--json"), 2, "No such option: --nope")
    assert line.endswith("see: mendel evolve --help")
    refused(mendel("nope", "--json"), 2, "No such command 'nope'", "see: mendel --help")
    refused(mendel("why-silent", "--json"), 2, "Missing argument")
    refused(mendel("data", "synth", "--days", "x", "--json"), 2, "--days", "see: mendel data synth --help")
    plain = mendel("evolve", "--nope")
    assert plain.code == 2 and plain.out == "" and len(plain.lines) == 1


def test_looking_prints_one_document_each(waiting: Path) -> None:
    for words, key in {
        ("status",): "waiting",
        ("patch", "list"): "patches",
        ("ledger", "show", "--limit", "1"): "entries",
        ("ledger", "verify"): "ok",
        ("doctor",): "sandbox",
    }.items():
        done = mendel(*words, "--system", waiting, "--json")
        assert done.code == 0 and key in done.document, done.err
        assert done.lines == []


def test_analysis_prints_one_document(waiting: Path) -> None:
    analysis = mendel("analyze", waiting, "--json").document
    assert {"modules", "entry_points", "cycles"} <= analysis["architecture"].keys()
    assert [f["category"] for f in analysis["findings"]] == ["absolute_threshold"] and "suspects" in analysis
    backtest = mendel("backtest", waiting, "--json").document
    assert {"symbols", "costs", "until"} <= backtest.keys()
    silent = backtest["symbols"]["TONUSDT"]
    assert silent["trades"] == 0 and silent["sharpe"] is None
    assert {"trades", "net_return", "sharpe", "max_drawdown", "fees"} <= silent.keys()


def test_a_reader_that_goes_away_is_no_error(waiting: Path) -> None:
    line = " ".join([*COMMAND, "ledger", "show", "--json", "--system", str(waiting), "| head -c 1"])
    done = subprocess.run(line, shell=True, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert done.stderr == "" and done.stdout == "{"
