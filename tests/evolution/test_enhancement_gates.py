"""The story of a gap: accepted on two years with a real effect, not on half a year, and not where there is nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from enhancement_kit import follow

from memory.ledger import Ledger
from memory.store import Store
from tools.analysis.gaps import capability_gaps
from tools.analysis.workbench import Workbench
from tools.contracts import Patch, PatchStatus
from tools.discovery.concept_discovery import ConceptDiscovery
from tools.evolution.enhancement.generate import IDEAS, generate_enhancement
from tools.evolution.enhancement.integrate import integrate_enhancement

pytestmark = pytest.mark.slow
SYMBOLS = ["BTC", "ETH", "SOL", "DOGE"]


def judged(folder: Path, days: int, strength: float) -> tuple[Patch, dict[str, str]]:
    system = follow(folder / "follow", days=days, symbols=SYMBOLS, strength=strength)
    with Workbench(system) as bench, Store(folder / "mendel.db") as store:
        gap = next(g for g in capability_gaps(bench.study()) if g["kind"] == "volume_profile")
        ledger = Ledger(store)
        with ConceptDiscovery(bench.system, ledger=ledger, markets=bench.data) as discovery:
            discovery.validate_hypothesis(IDEAS["volume_profile"])
        patch = integrate_enhancement(bench, generate_enhancement(bench, gap), ledger=ledger)
        return patch, {v.name: v.verdict.value for v in patch.gates}


def test_two_years_with_a_real_effect_are_enough(tmp_path: Path) -> None:
    patch, verdicts = judged(tmp_path, 730, 0.6)
    assert patch.status is PatchStatus.AWAITING_APPROVAL
    assert {verdicts[g] for g in ("switched_off", "mechanism", "activity", "confirm", "vault")} == {"pass"}


def test_half_a_year_cannot_tell(tmp_path: Path) -> None:
    patch, verdicts = judged(tmp_path, 182, 0.6)
    assert patch.status is PatchStatus.REFUSED
    assert verdicts["confirm"] == "underpowered"
    assert verdicts["vault"] == "unknown"
    why = next(v.evidence["why"] for v in patch.gates if v.name == "confirm")
    assert "can't tell yet" in why and "months" in why


def test_nothing_is_confirmed_where_there_is_nothing(tmp_path: Path) -> None:
    patch, verdicts = judged(tmp_path, 730, 0.0)
    assert patch.status is PatchStatus.REFUSED
    assert verdicts["confirm"] in ("underpowered", "fail")
    assert verdicts["mechanism"] != "pass"
