"""Goals bind a cycle: what they forbid is not made, and a judged patch is held against them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from enhancement_kit import follow

from agents.cycle import run_cycle
from agents.desk import Desk
from agents.engine import Engine
from agents.goals import add_goal
from agents.playbook import decide
from agents.rulings import held
from memory.goals import Goals
from tools.contracts import GateVerdict, Patch, PatchKind, PatchStatus, Verdict


def judged(before: float, after: float) -> Patch:
    """A patch that its gates let through, with a drawdown before and after."""
    sides = [{"symbols": {"BTCUSDT": {"trades": 50, "max_drawdown": d}}} for d in (before, after)]
    return Patch(
        id="p1",
        kind=PatchKind.FIX,
        base="a",
        bundle="b",
        files=("follow/scoring.py",),
        diff="",
        rationale="",
        status=PatchStatus.AWAITING_APPROVAL,
        digest="d",
        gates=(Verdict("exposure_consent", GateVerdict.PASS, {"starves": ["BTCUSDT"]}),),
        before=sides[0],
        after=sides[1],
    )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(follow(tmp_path / "follow", days=5, symbols=["BTC"])) as opened:
        yield opened


def test_without_a_constraint_nothing_is_said(desk: Desk) -> None:
    assert held(desk, judged(0.1, 0.9)) == judged(0.1, 0.9)
    add_goal(desk.store, "make BTCUSDT trade more", ["BTCUSDT"])
    assert held(desk, judged(0.1, 0.9)) == judged(0.1, 0.9)


def test_a_constraint_refuses_and_says_why(desk: Desk) -> None:
    add_goal(desk.store, "more trades on BTCUSDT with drawdown below 20%", ["BTCUSDT"])
    assert held(desk, judged(0.1, 0.15)).gates[-1].verdict is GateVerdict.PASS
    no = held(desk, judged(0.1, 0.3))
    assert no.status is PatchStatus.REFUSED and no.gates[-1].name == "goals"
    assert "drawdown" in no.gates[-1].evidence["faults"][0]
    Goals(desk.store).set_status(Goals(desk.store).list()[0]["id"], "paused")
    assert held(desk, judged(0.1, 0.3)).status is PatchStatus.AWAITING_APPROVAL


def test_what_only_a_person_can_judge_waits_for_one(desk: Desk) -> None:
    options = {"yes_fixes": True}
    assert decide(judged(0.1, 0.1), options, "all")["answer"] == "approve"
    add_goal(desk.store, "more trades on BTCUSDT but keep it elegant", ["BTCUSDT"])
    asked = held(desk, judged(0.1, 0.3))
    assert asked.status is PatchStatus.AWAITING_APPROVAL
    assert decide(asked, options, "all") == {"answer": "ask"}


@pytest.mark.slow
def test_only_fixes_means_only_fixes(tmp_path: Path) -> None:
    with Engine(follow(tmp_path / "follow", days=60, symbols=["BTC", "ETH"])) as engine:
        add_goal(engine.store, "lower the drawdown with fixes only", ["BTCUSDT", "ETHUSDT"])
        result = run_cycle(engine, {})
    assert result["patches"] == []
    assert all("only" in step["why"] for step in result["improvements"]), result["improvements"]
