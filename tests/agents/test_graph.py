"""The supervisor's routing as a table; a whole cycle on a small system; and a cycle that dies between any two nodes."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.cycle import run_cycle
from agents.engine import Engine
from agents.graph import MAX_TRIED, RECURSION_LIMIT, supervise
from agents.playbook import MAX_PATCHES
from agents.reconcile import reconcile
from memory.cycles import Cycles
from tools.contracts import PatchStatus
from tools.evolution.apply import apply_patch
from tools.records import patch_from

SEEN: dict[str, Any] = {"bundle": "b", "ranked": True, "discovered": True}
DONE: dict[str, Any] = {**SEEN, "improved": [{"step": "enhance"}, {"step": "tune"}]}
ROUTES: list[tuple[dict[str, Any], str]] = [
    ({}, "analyst"),
    ({"bundle": ""}, "analyst"),
    ({"bundle": "b"}, "scientist"),
    ({"bundle": "b", "ranked": True}, "discover"),
    ({**SEEN}, "enhance"),
    ({**SEEN, "improved": [{"step": "enhance"}]}, "tune"),
    ({**DONE}, "learn"),
    ({**SEEN, "opportunities": ["f"]}, "engineer"),
    ({**SEEN, "opportunities": ["f"], "patches": ["p"] * MAX_PATCHES}, "enhance"),
    ({**SEEN, "opportunities": ["f"], "tried": ["f"] * MAX_TRIED}, "enhance"),
    ({**SEEN, "patch": "p", "opportunities": ["f"]}, "reviewer"),
    ({**SEEN, "patch": "p", "decision": {}}, "reviewer"),
    ({**SEEN, "patch": "p", "decision": {"answer": "ask"}}, "ask"),
    *(
        ({**SEEN, "patch": "p", "decision": {"answer": a}}, "act")
        for a in ("approve", "reject", "later", "none")
    ),
    ({**DONE, "patch": "", "decision": {}, "opportunities": []}, "learn"),
    ({**DONE, "opportunities": ["f"]}, "engineer"),
    ({**DONE, "opportunities": ["f"], "learned": True}, "upkeep"),
    ({**DONE, "opportunities": ["f"], "learned": True, "upkeep": {}}, "end"),
]


@pytest.mark.parametrize(("state", "following"), ROUTES)
def test_who_is_next(state: Any, following: str) -> None:
    assert supervise(state) == following


@pytest.mark.parametrize("seed", range(20))
def test_no_cycle_is_longer_than_the_limit(seed: int) -> None:
    """However many findings there are, and whatever becomes of their patches."""
    rng, steps, findings = random.Random(seed), 0, [str(n) for n in range(200)]
    state: dict[str, Any] = {}
    while (node := supervise(state)) != "end":
        steps += 1
        tried = state.get("tried", [])
        if node == "analyst":
            state |= {"bundle": "b", "ranked": False, "opportunities": []}
        elif node == "scientist":
            state |= {"ranked": True, "opportunities": [f for f in findings if f not in tried]}
        elif node == "engineer":
            made = rng.random() < (0.0 if seed == 0 else 0.4)
            state |= {
                "tried": [*tried, state["opportunities"][0]],
                "opportunities": state["opportunities"][1:],
            }
            state |= {"patch": "p", "patches": [*state.get("patches", []), "p"]} if made else {"patch": ""}
        elif node == "reviewer":
            state["decision"] = {"answer": "ask"}
        elif node == "ask":
            state["decision"] = {"answer": "approve"}
        elif node == "discover":
            state["discovered"] = True
        elif node in ("enhance", "tune"):
            state["improved"] = [*state.get("improved", []), {"step": node}]
            state |= {"patch": "p", "patches": [*state.get("patches", []), "p"]}
        elif node == "upkeep":
            state["upkeep"] = {}
        elif node == "act":
            state |= {"patch": "", "decision": {}, "bundle": "", "ranked": False, "opportunities": []}
        else:
            state["learned"] = True
        assert steps < RECURSION_LIMIT


STRATEGY = """
import pandas as pd

MIN_TURNOVER = 8_000_000.0


def signals(bars):
    turnover = (bars["volume"] * bars["close"]).rolling(24).mean()
    move = bars["close"].pct_change(12)
    usual = move.abs().rolling(288).mean()
    out = pd.DataFrame(0.0, index=bars.index, columns=["enter_long", "exit_long"])
    out["enter_long"] = ((move < -2.0 * usual) & CONDITION).astype(float)
    out["exit_long"] = (move > 0.0).astype(float)
    return out
"""
SICK = STRATEGY.replace("CONDITION", "(turnover > MIN_TURNOVER)")
SOUND = STRATEGY.replace("CONDITION", "(turnover > turnover.rolling(288).median())").replace(
    "MIN_TURNOVER = 8_000_000.0\n", ""
)


#: Half of a cycle's work, and not what is tested with this system.
WAIVERS = "".join(
    f'[[policy.waivers]]\ngate = "{gate}"\nreason = "tested elsewhere"\n'
    for gate in ("prefix_consistency", "lookahead")
)


class Died(BaseException):
    """Like a kill: nothing on the way out may catch it as an error."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Twelve days of two symbols."""
    from lab.worlds import generate_world, write_world

    folder = tmp_path_factory.mktemp("pair")
    write_world(generate_world(days=12, symbols=["ETHUSDT", "TONUSDT"]), folder)
    return f"{folder}/*.parquet"


@pytest.fixture
def open_engine(tmp_path: Path, pair: str) -> Callable[..., Engine]:
    """Opens the engine on the system with this source; a second time it finds the folder as it is."""

    def engine(source: str = SICK, progress: Callable[[str], None] = lambda _: None) -> Engine:
        folder = tmp_path / "system"
        if not folder.exists():
            folder.mkdir()
            (folder / "strategy.py").write_text(source, encoding="utf-8")
            config = '[strategy]\nkind = "signals"\ntarget = "strategy:signals"\n'
            config += "[cycle]\nclaims = 0\nenhancements = 0\ntuning_trials = 0\n"
            config += WAIVERS
            (folder / "mendel.toml").write_text(config, encoding="utf-8")
        return Engine(folder, data=pair, progress=progress)

    return engine


def source_of(engine: Engine) -> str:
    return (engine.system.root / "strategy.py").read_text(encoding="utf-8")


def failed(patch: dict[str, Any]) -> list[dict[str, Any]]:
    """The gates that stood in the way, for a message."""
    return [gate for gate in patch["gates"] if gate["verdict"] in ("fail", "unknown")]


def counted(engine: Engine, kind: str) -> int:
    return len(engine.ledger.entries(kind))


@pytest.mark.sandbox
def test_nothing_to_change_is_a_right_answer(open_engine: Callable[..., Engine]) -> None:
    with open_engine(SOUND) as engine:
        result = run_cycle(engine, {"yes_fixes": True})
        assert result["unchanged"] is True and result["findings"] == result["patches"] == []
        assert result["hypotheses"] == result["learnings"] == [] and source_of(engine) == SOUND
        assert Cycles(engine.store).get(result["cycle"])["status"] == "done"


@pytest.mark.sandbox
def test_a_cycle_waits_and_a_person_may_say_no(open_engine: Callable[..., Engine]) -> None:
    with open_engine() as engine:
        asked: list[dict[str, Any]] = []

        def no(request: dict[str, Any]) -> dict[str, Any]:
            asked.append(request)
            return {"answer": "reject", "by": "a test"}

        result = run_cycle(engine, {"yes_fixes": False}, no)
        (patch,) = result["patches"]
        assert patch["status"] == "rejected", failed(patch)
        assert result["unchanged"] is True and source_of(engine) == SICK
        assert asked[0]["patch"]["digest"] == patch["digest"] and asked[0]["consent"]
        (claim,) = result["hypotheses"]
        assert (
            claim["verdict"] == "supported" and claim["registered"] < engine.ledger.entries("judged")[0].seq
        )
        assert engine.ledger.verify().ok


MOMENTS = ["probing: symbol", "repairing", "applying"]


@pytest.mark.sandbox
@pytest.mark.slow
def test_effects_happen_once_however_often_a_cycle_dies(open_engine: Callable[..., Engine]) -> None:
    """Killed at one moment after the other, each run getting a little further; then it ends as if nothing had happened."""
    for moment in MOMENTS:

        def die(step: str, moment: str = moment) -> None:
            if step.startswith(moment):
                raise Died(step)

        with open_engine(progress=die) as engine, pytest.raises(Died):
            run_cycle(engine, {"yes_fixes": True})
    with open_engine() as engine:
        assert source_of(engine) == SICK
        result = run_cycle(engine, {"yes_fixes": True})
        assert result["resumed"] is True and [p["status"] for p in result["patches"]] == ["applied"]
        for kind in ("hypothesis", "judged", "approved", "applied", "verdict"):
            assert counted(engine, kind) == 1, kind
        assert engine.ledger.verify().ok and len(Cycles(engine.store).list()) == 1
        again = run_cycle(engine, {"yes_fixes": True})
        assert again["resumed"] is False and again["unchanged"] is True and again["patches"] == []


@pytest.mark.sandbox
def test_what_an_engine_that_died_left_unsaid_is_put_right(open_engine: Callable[..., Engine]) -> None:
    with open_engine() as engine:
        (document,) = run_cycle(engine, {"yes_fixes": False})["patches"]
        assert document["status"] == "awaiting_approval", failed(document)
        patch = patch_from(document)
        apply_patch(engine.system, engine.bundles, patch)  # and then it dies
        assert source_of(engine) != SICK
        (line,) = reconcile(engine)
        assert "taken out again" in line and source_of(engine) == SICK
        assert engine.patches.get(patch.id)["status"] == PatchStatus.AWAITING_APPROVAL
        apply_patch(engine.system, engine.bundles, patch)
        mine = source_of(engine) + "# mine\n"
        (engine.system.root / "strategy.py").write_text(mine, encoding="utf-8")
        (line,) = reconcile(engine)
        assert "was not verified in place" in line and source_of(engine) == mine
        assert engine.patches.get(patch.id)["status"] == PatchStatus.APPLIED
        assert reconcile(engine) == [] and engine.ledger.verify().ok


@pytest.mark.sandbox
def test_a_source_edited_meanwhile_expires_the_patch_and_the_cycle_goes_on(
    open_engine: Callable[..., Engine],
) -> None:
    with open_engine() as engine:
        mine = SICK + "# mine\n"

        def yes_after_an_edit(request: dict[str, Any]) -> dict[str, Any]:
            (engine.system.root / "strategy.py").write_text(mine, encoding="utf-8")
            return {"answer": "approve", "by": "t", "digest": request["patch"]["digest"], "exposure": True}

        result = run_cycle(engine, {"yes_fixes": False}, yes_after_an_edit)
        assert [p["status"] for p in result["patches"]] == ["expired"] and source_of(engine) == mine
        assert counted(engine, "expired") == 1 and counted(engine, "applied") == 0


@pytest.mark.sandbox
def test_other_options_or_an_edited_source_start_anew(open_engine: Callable[..., Engine]) -> None:
    def die(step: str) -> None:
        if step.startswith("repairing"):
            raise Died(step)

    with open_engine(progress=die) as engine, pytest.raises(Died):
        run_cycle(engine, {"yes_fixes": False})
    edited = SOUND + "# mine\n"
    with open_engine() as engine:
        (engine.system.root / "strategy.py").write_text(edited, encoding="utf-8")
        result = run_cycle(engine, {"yes_fixes": False})
        assert result["resumed"] is False and result["findings"] == []
        assert [c["status"] for c in Cycles(engine.store).list()] == ["done", "abandoned"]
