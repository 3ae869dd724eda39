"""Claims on a system: written down first, paid for once, answered in words that claim no more than was measured."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.worlds import generate_world, write_world
from memory.ledger import Ledger
from memory.store import Store
from tools.discovery.concept_discovery import ConceptDiscovery
from tools.discovery.errors import DiscoveryError
from tools.discovery.result import HypothesisResult
from tools.errors import MendelError

PLANTED = "CVD divergence predicts reversals over 30 minutes"
SETTINGS = """[system]
name = "example"
[strategy]
kind = "signals"
target = "app:signals"
[data]
path = "data/*.parquet"
timeframe = "5m"
[vault]
from = 0.2
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("system")
    (root / "mendel.toml").write_text(SETTINGS)
    write_world(generate_world(days=60, symbols=["ETH", "SOL", "TON"], seed=3), root / "data")
    return root


@pytest.fixture
def system(folder: Path) -> Iterator[Path]:
    shutil.rmtree(folder / ".mendel", ignore_errors=True)
    yield folder


def kinds(lab: ConceptDiscovery) -> list[str]:
    return [entry.kind for entry in lab.record.ledger.entries()]


def test_a_planted_claim_is_supported_and_ends_at_the_vault(system: Path) -> None:
    with ConceptDiscovery(system) as lab:
        result = lab.validate_hypothesis(PLANTED)
        assert kinds(lab) == ["hypothesis", "alpha_spent", "alpha_settled"]
        assert lab.record.ledger.verify().ok
    assert result.verdict == "supported"
    assert result.until == "2025-02-18T00:00:00+00:00"
    assert result.alpha_spent == pytest.approx(0.0013379, rel=1e-4)
    assert result.ci is not None
    assert result.effect is not None
    assert result.ci[0] < result.effect < result.ci[1]
    assert result.effect_bps == pytest.approx(result.effect * (result.sd_bps or 0))
    assert result.why.startswith("Supported. Effect +")
    assert "because" not in result.why.lower()
    assert result.holds_from == 1.0
    assert HypothesisResult.from_json(result.to_json()) == result


def test_the_same_question_is_paid_for_once(system: Path) -> None:
    with ConceptDiscovery(system) as lab:
        first = lab.validate_hypothesis(PLANTED, symbol="ETH")
    with ConceptDiscovery(system) as lab:
        again = lab.validate_hypothesis(
            "Do CVD divergences precede reversals within 30 minutes?", symbol="ETH"
        )
        assert kinds(lab).count("alpha_spent") == 1
        assert again.repeated
        assert "nothing more was spent" in again.why
        assert (again.p, again.effect, again.verdict) == (first.p, first.effect, first.verdict)
        other = lab.validate_hypothesis(PLANTED, symbol="SOL")
        assert not other.repeated
        assert kinds(lab).count("alpha_spent") == 2


def test_a_crash_between_spending_and_answer_costs_and_is_asked_anew(
    system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with ConceptDiscovery(system) as lab:
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr("tools.discovery.validate.measure", die)
            lab.validate_hypothesis(PLANTED)
        assert kinds(lab) == ["hypothesis", "alpha_spent"]
        result = lab.validate_hypothesis(PLANTED)
    assert not result.repeated
    assert result.alpha_spent < 0.0004  # the second level of the stream


def test_what_cannot_be_tested_costs_nothing(system: Path) -> None:
    with ConceptDiscovery(system) as lab:
        for claim, words in (("the moon predicts reversals", "no kind of event"),
                             ("volume spike of 400x predicts reversals", "the least that say anything")):  # fmt: skip
            result = lab.validate_hypothesis(claim)
            assert (result.verdict, result.alpha_spent, result.p) == ("untestable", 0.0, None)
            assert words in result.why
            assert "Nothing was spent" in result.why
        with pytest.raises(MendelError, match="horizon"):
            lab.validate_hypothesis(PLANTED, horizon="7m")
        assert kinds(lab) == []


def test_what_is_not_known_yet_says_how_long_it_takes(system: Path) -> None:
    with ConceptDiscovery(system) as lab:
        result = lab.validate_hypothesis("extreme funding predicts a reversal", useful_bps=5.0)
    assert result.verdict == "underpowered"
    assert result.months_needed is not None
    assert result.next_level is not None
    assert result.months_needed > (result.months_of_data or 0)
    assert result.why.startswith("Can't tell yet. Effect ")
    assert f"Detecting 5 bps at the current level .000{round(result.next_level * 1e5)}" in result.why
    assert result.why.endswith("Not evidence against the idea.")


def test_standard_questions_and_principles(system: Path) -> None:
    with ConceptDiscovery(system) as lab:
        results = lab.validate_hypotheses()
        assert {r.spec["template"] for r in results if r.spec} == {
            "flow_divergence", "oi_squeeze", "funding_extreme", "volume_spike", "flow_imbalance", "hour_of_day",
            "volume_profile",
        }  # fmt: skip
        principles = lab.extract_principles()
        held = [r for r in results if r.verdict == "supported"]
        assert len(principles) == len(held) >= 1
        assert lab.extract_principle(results[2]) is None
        principle = lab.extract_principle(held[0])
    assert principle is not None
    assert "ETHUSDT" in principle.text
    assert "95 % interval" in principle.text
    assert "because" not in principle.text
    assert principle.ledger == (held[0].ledger or {})["result"]


def test_patterns_are_confirmed_later_and_paid_for_once(system: Path) -> None:
    with ConceptDiscovery(system) as lab:
        found = lab.discover_patterns()
        assert 1 <= len(found) <= 5
        for pattern in found:
            assert pattern.p_adjusted >= pattern.p
            assert pattern.held == (pattern.p_adjusted <= pattern.alpha_spent)
            assert pattern.since > "2025-01-28"
            assert pattern.until < "2025-02-18"
        assert kinds(lab).count("alpha_spent") == 1
        assert lab.discover_patterns() == found
        assert kinds(lab).count("alpha_spent") == 1
        assert lab.extract_principles() == []
        with pytest.raises(DiscoveryError, match="multiple"):
            lab.discover_patterns(horizon_minutes=7)


def test_opportunities_come_from_figures_and_from_what_was_never_asked(system: Path) -> None:
    performance = {
        "symbols": {
            "ETHUSDT": {"trades": 200, "gross_return": 0.1, "net_return": -0.05},
            "SOLUSDT": {"trades": 180, "gross_return": 0.1, "net_return": 0.05},
            "TONUSDT": {"trades": 1, "gross_return": None, "net_return": None},
            "XRPUSDT": None,
        }
    }
    with ConceptDiscovery(system) as lab:
        lab.validate_hypothesis(PLANTED)
        found = lab.find_opportunities(performance)
        with pytest.raises(DiscoveryError, match="symbols"):
            lab.find_opportunities({})
    by_kind = [(o["kind"], tuple(o["symbols"])) for o in found]
    assert ("silence", ("TONUSDT",)) in by_kind
    assert ("costs", ("ETHUSDT",)) in by_kind
    assert any(kind == "principle" for kind, _ in by_kind)
    unasked = [o["text"] for o in found if o["kind"] == "hypothesis"]
    assert len(unasked) == 6
    assert not any("flow divergence" in text for text in unasked)


def test_a_store_that_is_given_is_used_and_left_open(system: Path, tmp_path: Path) -> None:
    with Store(tmp_path / "own.db") as store:
        with ConceptDiscovery(system, store=store) as lab:
            lab.validate_hypothesis(PLANTED)
        assert len(Ledger(store).entries("alpha_spent")) == 1
    assert not (system / ".mendel" / "mendel.db").exists()
