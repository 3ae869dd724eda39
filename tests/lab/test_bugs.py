"""Planted bugs: the strategies are clean text, every operator plants what it says, and the board counts and remembers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from lab.bugs.measure import measure_bugs
from lab.bugs.operator import line_of, shuffled
from lab.bugs.operators.registry import OPERATORS
from lab.bugs.score import scoreboard
from lab.bugs.split import HELD_OUT_OPERATORS, HELD_OUT_STYLES, UNSEEN_OPERATORS, held_out_of, is_held_out
from lab.bugs.style import BugError, load_style, style_names, write_system
from tools.system.system import System

STYLES = style_names()


def test_there_are_enough_and_a_third_is_held_out_by_the_rule() -> None:
    assert len(OPERATORS) >= 25 and len(STYLES) >= 8
    assert held_out_of(set(OPERATORS) - UNSEEN_OPERATORS) == HELD_OUT_OPERATORS
    assert set(OPERATORS) > UNSEEN_OPERATORS and is_held_out(min(UNSEEN_OPERATORS), "trend")
    assert held_out_of(STYLES) == HELD_OUT_STYLES
    assert is_held_out(min(HELD_OUT_OPERATORS), "trend") and not is_held_out("last_value", "trend")


@pytest.mark.parametrize("name", STYLES)
def test_a_style_is_a_system(name: str, tmp_path: Path) -> None:
    style = load_style(name)
    system = System.open(write_system(style, tmp_path))
    assert system.config.strategy.target == style.target
    assert all(system.editable(file) for file in style.files)


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_an_operator_changes_one_place_and_nothing_else(name: str) -> None:
    planted = 0
    for style in map(load_style, STYLES):
        for mutant in shuffled(name, OPERATORS[name].plant(style)):
            planted += 1
            for file, text in mutant.files.items():
                ast.parse(text)
                assert text != style.files[file]
            file, line = mutant.places[0]
            assert 1 <= line <= mutant.files[file].count("\n") + 1
    assert planted


def test_a_text_that_is_not_unique_is_refused() -> None:
    assert line_of("a\nb\n", "b") == 2
    with pytest.raises(BugError, match="occurs 2 times"):
        line_of("a\na\n", "a")


def row(operator: str, style: str, *verdicts: str) -> dict[str, object]:
    findings = [{"verdict": v, "category": "c", "file": "f", "line": 1, "summary": ""} for v in verdicts]
    return {
        "market": "generated",
        "operator": operator,
        "style": style,
        "status": "judged",
        "seconds": 1.0,
        "hit": "hit" in verdicts,
        "findings": findings,
    }


def test_recall_counts_cases_and_precision_findings() -> None:
    held = min(HELD_OUT_OPERATORS)
    rows = [
        row("last_value", "trend", "hit", "false"),
        row("last_value", "squeeze", "misplaced"),
        row(held, "trend", "hit", "consequence"),
        {**row("clean", "trend"), "hit": None},
        {**row("last_value", "process"), "status": "void"},
    ]
    board = scoreboard(rows)
    assert (board["tuned"]["recall"], board["tuned"]["precision"]) == (0.5, 1 / 3)
    assert (board["held_out"]["recall"], board["held_out"]["precision"]) == (1.0, 1.0)
    assert board["clean"] == {"n": 1, "false_findings": []}
    assert board["void"] == ["last_value in process"]
    effect = scoreboard([row("last_value", "trend", "hit", "effect")])["tuned"]
    assert (effect["precision"], effect["precision_strict"], effect["effects"]) == (1.0, 0.5, 1)
    assert board["operators"]["last_value"]["void"] == 1


@pytest.mark.sandbox
@pytest.mark.slow
def test_a_small_board_is_right_and_is_not_run_twice(tmp_path: Path) -> None:
    steps: list[str] = []
    operators = ["absolute_volume_floor", "unfinished_bar"]
    asked = {"operators": operators, "styles": ["trend"], "out": tmp_path, "days": 12}
    board = measure_bugs(**asked, progress=steps.append)  # type: ignore[arg-type]
    assert board["tuned"]["recall"] == 1.0 and board["tuned"]["precision"] == 1.0
    assert board["clean"] == {"n": 1, "false_findings": []}
    assert board["tuned"]["n"] == 1  # an hourly bar has no place in this style
    kept = {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    again = measure_bugs(**asked, progress=steps.append)  # type: ignore[arg-type]
    assert again["tuned"] == board["tuned"]
    assert {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()} == kept
