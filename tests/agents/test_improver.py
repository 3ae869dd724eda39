"""After the repairs: a claim is tested, new logic and tuned numbers go before their gates, and nothing is judged twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from enhancement_kit import follow

from agents.cycle import run_cycle
from agents.engine import Engine
from agents.questions import questions
from memory.ledger import Ledger
from memory.store import Store
from tools.contracts import MendelError
from tools.discovery.concept_discovery import ConceptDiscovery

GAP = {"kind": "volume_profile"}


def step_of(result: dict[str, Any], step: str) -> dict[str, Any]:
    return next(s for s in result["improvements"] if s["step"] == step)


def verdicts_of(result: dict[str, Any], patch: str) -> dict[str, str]:
    found = next(p for p in result["patches"] if p["id"] == patch)
    return {g["name"]: g["verdict"] for g in found["gates"]}


@pytest.mark.slow
def test_a_healthy_system_is_asked_extended_and_searched_once(tmp_path: Path) -> None:
    system = follow(tmp_path / "follow", days=182, symbols=["BTC", "ETH"], strength=0.6)
    with Engine(system) as engine:
        first = run_cycle(engine, {})
        spent = len(engine.ledger.entries("alpha_spent"))
        again = run_cycle(engine, {})
    assert first["findings"] == [] and first["unchanged"]
    (asked,) = first["hypotheses"]
    assert asked["verdict"] == "supported" and asked["spec"]["template"] == "volume_profile"
    made = step_of(first, "enhance")
    verdicts = verdicts_of(first, made["patch"])
    assert (verdicts["mechanism"], verdicts["confirm"]) == ("pass", "underpowered")
    assert step_of(first, "tune")["trials"] > 0
    assert spent >= 1
    texts = " ".join(line["text"] for line in first["learnings"])
    assert "Supported" in texts and made["patch"] in texts
    assert first["upkeep"]["kept"]["skipped"] == ""
    # the second cycle asks something else, and judges nothing on the same source and bars again
    assert again["hypotheses"][0]["spec"]["template"] != "volume_profile"
    assert "on the same bars" in step_of(again, "enhance")["why"] and not again["patches"]


@pytest.mark.slow
def test_what_is_switched_off_does_not_run(tmp_path: Path) -> None:
    system = follow(tmp_path / "follow", days=60, symbols=["BTC", "ETH"])
    config = system / "mendel.toml"
    off = "\n[cycle]\nclaims = 0\nenhancements = 0\ntuning_trials = 0\n"
    config.write_text(config.read_text(encoding="utf-8") + off, encoding="utf-8")
    with Engine(system) as engine:
        result = run_cycle(engine, {})
        assert engine.ledger.entries("alpha_spent") == []
    assert result["hypotheses"] == [] and result["patches"] == []
    assert {s["why"] for s in result["improvements"]} == {"switched off in [cycle] of mendel.toml"}


def test_what_stands_behind_a_gap_is_asked_first_and_once(tmp_path: Path) -> None:
    system = follow(tmp_path / "follow", days=60, symbols=["BTC", "ETH"])
    with Store(tmp_path / "m.db") as store, ConceptDiscovery(system, ledger=Ledger(store)) as discovery:
        ledger = discovery.record.ledger
        before = questions(ledger, discovery.markets, [GAP])
        assert before[0].claim == "Price reverts to the point of control"
        assert len({q.claim for q in before}) == len(before) > 2
        discovery.validate_hypothesis(before[0].asked)
        after = questions(ledger, discovery.markets, [GAP])
    assert [q.claim for q in after] == [q.claim for q in before[1:]]


def test_what_held_on_a_neighbour_is_asked_by_its_spec(tmp_path: Path) -> None:
    system = follow(tmp_path / "follow", days=60, symbols=["BTC", "ETH"], strength=0.6)
    with Store(tmp_path / "m.db") as store, ConceptDiscovery(system, ledger=Ledger(store)) as discovery:
        ledger = discovery.record.ledger
        held = discovery.validate_hypothesis("Price reverts to the point of control", "BTC")
        assert held.spec is not None
        spec = {**held.spec, "scope": ["ETHUSDT"]}
        source = {"learning": "x", "symbols": ["BTCUSDT"]}
        ledger.append("hypothesis", {"id": "t", "spec": spec, "transferred_from": source})
        asked = questions(ledger, discovery.markets, [])[0]
        assert asked.why == "it held on BTCUSDT" and asked.spec is not None
        result = discovery.validate_hypothesis(asked.asked)
    assert result.spec is not None and result.spec["scope"] == ["ETHUSDT"]
    assert result.verdict == "supported"


def test_a_broken_spec_in_the_ledger_is_passed_over(tmp_path: Path) -> None:
    system = follow(tmp_path / "follow", days=60, symbols=["BTC"])
    with Store(tmp_path / "m.db") as store, ConceptDiscovery(system, ledger=Ledger(store)) as discovery:
        spec = {"template": "volume_profile", "scope": ["BTCUSDT"]}
        with pytest.raises(MendelError):
            discovery.validate_hypothesis("")
        source = {"learning": "x", "symbols": ["ETHUSDT"]}
        discovery.record.ledger.append("hypothesis", {"id": "t", "spec": spec, "transferred_from": source})
        assert all(q.spec is None for q in questions(discovery.record.ledger, discovery.markets, []))
