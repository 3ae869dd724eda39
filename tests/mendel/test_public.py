"""The classes that the mission names, used as it wrote them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import mendel
from mendel import SafetyGuard, SystemAnalyzer, SystemEvolution
from tools.contracts import GateVerdict, Patch, Verdict
from tools.evolution.promote import ApprovalError
from tools.system.system import System

pytestmark = pytest.mark.sandbox


def tree(folder: Path) -> dict[str, str]:
    files = [p for p in folder.rglob("*") if p.is_file() and ".mendel" not in p.parts]
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Wizard"):
        mendel.Wizard  # noqa: B018


def test_system_analyzer(held_out: Callable[[str], Path], candles: str) -> None:
    folder = held_out("vwap_revert")
    with SystemAnalyzer(folder, data=candles) as analyzer:
        architecture = analyzer.analyze_architecture()
        assert {"modules", "entry_points", "cycles"} <= architecture.keys()
        bugs = analyzer.detect_bugs()
        assert [b.category for b in bugs] == ["absolute_threshold"]
        metrics = analyzer.get_current_metrics()
        assert metrics["symbols"]["TONUSDT"]["trades"] == 0
        assert metrics["symbols"]["TONUSDT"]["sharpe"] is None
        assert metrics["symbols"]["TONUSDT"]["why"]["sharpe"]
        failures = analyzer.understand_failures()
        assert failures["n"] == sum(m["trades"] for m in metrics["symbols"].values())
        reasons = failures["groups"]["exit_reason"]
        assert sum(r["n"] for r in reasons) == failures["n"]
        assert {g.get("role", g.get("kind")) for g in analyzer.find_capability_gaps()} >= {
            "open_interest",
            "funding",
        }


@dataclass(frozen=True)
class Repaired:
    """A system, open for evolution, with a judged fix that is not applied. Whoever applies it rolls it back."""

    folder: Path
    evolution: SystemEvolution
    fix: Patch


@pytest.fixture(scope="module")
def repaired(tmp_path_factory: pytest.TempPathFactory, candles: str) -> Iterator[Repaired]:
    source = Path(__file__).parents[1] / "systems" / "rsi_fade"
    folder = tmp_path_factory.mktemp("repaired") / "rsi_fade"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "truth.json", ".mendel"))
    before = tree(folder)
    with SystemEvolution(folder, data=candles) as evolution:
        with SystemAnalyzer(folder, data=candles) as analyzer:
            found = analyzer.detect_bugs()[0]
        fix = evolution.generate_fix(found)
        assert fix.status.value == "awaiting_approval"
        assert tree(folder) == before
        yield Repaired(folder, evolution, fix)


def test_system_evolution(repaired: Repaired) -> None:
    folder, evolution, fix = repaired.folder, repaired.evolution, repaired.fix
    before = tree(folder)
    with pytest.raises(ApprovalError, match="explicit yes"):
        evolution.apply_fix_safely(fix)
    assert tree(folder) == before
    done = evolution.apply_fix_safely(fix, exposure=True)
    assert done.status.value == "applied"
    assert tree(folder) != before
    evolution.rollback(done)
    assert tree(folder) == before


def test_fix_bugs_safely_stops_at_consent(held_out: Callable[[str], Path], candles: str) -> None:
    folder = held_out("score_card")
    before = tree(folder)
    with SystemEvolution(folder, data=candles) as evolution:
        fixes = evolution.fix_bugs_safely()
    assert [f.status.value for f in fixes] == ["awaiting_approval"]
    assert fixes[0].consent
    assert tree(folder) == before


def test_safety_guard(repaired: Repaired) -> None:
    folder, fix = repaired.folder, repaired.fix
    before = tree(folder)
    guard = SafetyGuard(System.open(folder))
    assert guard.before_modification(fix).verdict().verdict is GateVerdict.PASS
    repaired.evolution.apply_fix_safely(fix, exposure=True)
    good = guard.after_modification(fix, [lambda: Verdict("looked", GateVerdict.PASS)])
    assert guard.rollback_if_needed(fix, good) is None
    assert tree(folder) != before
    bad = guard.after_modification(fix, [lambda: Verdict("looked", GateVerdict.FAIL)])
    assert guard.rollback_if_needed(fix, bad) is not None
    assert tree(folder) == before
