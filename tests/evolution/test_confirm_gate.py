"""The gates of changes that are no repairs: activity, mechanism, confirm, vault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from enhancement_kit import follow

from memory.ledger import Ledger
from memory.store import Store
from tools.analysis.detect import Diagnosis
from tools.analysis.probes.base import make_finding
from tools.analysis.workbench import Workbench
from tools.backtest.simulate import simulate
from tools.contracts import (
    DECISION_COLUMNS,
    Backtest,
    Costs,
    Decisions,
    GateVerdict,
    Market,
    PatchKind,
    Severity,
)
from tools.evolution.gates.activity import ActivityGate
from tools.evolution.gates.base import Case
from tools.evolution.gates.confirm import ConfirmGate, fair_differences, summed_differences
from tools.evolution.gates.figures import FiguresGate
from tools.evolution.gates.mechanism import MechanismGate
from tools.evolution.gates.vault import ANSWER, BALANCE, QUERY, VaultGate, balance, catastrophe
from tools.evolution.guard import SafetyGuard
from tools.evolution.improve import judge_change
from tools.evolution.judge import blocks
from tools.optimization.segments import split
from tools.optimization.tuning import patch_between
from tools.statistics.online import SETTLED, SPENT

DAY_NS = 86_400_000_000_000


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    folder = follow(tmp_path_factory.mktemp("confirm") / "follow", days=160, symbols=["ETH", "SOL"])
    with Workbench(folder) as opened:
        yield opened


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Store(tmp_path / "mendel.db") as store:
        yield Ledger(store)


def case_of(
    bench: Workbench, ledger: Ledger | None, old: str = "hold: int = 6", new: str = "hold: int = 7"
) -> Case:
    study = bench.study()
    text = study.store.sources(study.bundle)["follow/config.py"].replace(old, new)
    bundle = study.store.derive(study.bundle, {"follow/config.py": text})
    patch = patch_between(study, bundle, PatchKind.TUNING, "another number")
    return Case(
        patch=patch,
        before=study,
        after=bench.study(bundle),
        diagnosis=Diagnosis((), (), {}),
        finding=None,
        guard=SafetyGuard(bench.system),
        place=bench.place,
        ledger=ledger,
    )


def test_a_change_of_little_use_is_not_confirmed_and_spends_once(bench: Workbench, ledger: Ledger) -> None:
    case = case_of(bench, ledger)
    first, second = ConfirmGate().judge(case), ConfirmGate().judge(case)
    assert first.verdict in (GateVerdict.UNDERPOWERED, GateVerdict.FAIL)
    assert blocks(first)
    assert len(ledger.entries(SPENT)) == 1
    assert second.evidence["p"] == first.evidence["p"]
    assert second.evidence["level"] == first.evidence["level"]
    assert first.evidence["p"] == max(first.evidence["p_sign_flip"], first.evidence["p_bootstrap"])
    assert {"ETHUSDT", "SOLUSDT", "volatility low"} <= set(first.evidence["non_inferior"]["parts"])
    assert (
        "Not evidence against the idea" in first.evidence["why"]
        or "interval excludes" in first.evidence["why"]
        or first.evidence["faults"]
    )


def test_nothing_is_spent_on_what_is_blocked_or_without_a_ledger(bench: Workbench, ledger: Ledger) -> None:
    blocked = ConfirmGate().judge(replace(case_of(bench, ledger), blocked=("tests",)))
    without = ConfirmGate().judge(case_of(bench, None))
    assert not ledger.entries(SPENT)
    assert "blocked by tests" in blocked.evidence["level_note"]
    assert without.verdict is not GateVerdict.PASS


def test_the_confirmation_starts_a_day_late(bench: Workbench) -> None:
    case = case_of(bench, None)
    segments = split(case.before.markets, case.before.until_ns)
    days, _ = summed_differences(case.before, case.after, segments)
    assert int(days[0]) == segments.confirm_ns // DAY_NS + 1
    assert int(days[-1]) < case.before.until_ns // DAY_NS


def test_trading_less_is_not_better(bench: Workbench) -> None:
    """A cut that halves the trades of a losing system gains against the system as it is, and less against a thinned one."""
    case = case_of(bench, None, "fast: int = 6", "fast: int = 40")
    segments = split(case.before.markets, case.before.until_ns)
    _, plain = summed_differences(case.before, case.after, segments)
    _, fair = fair_differences(case.before, case.after, segments)
    assert fair.mean() <= plain.mean()


def test_activity_has_bounds(bench: Workbench) -> None:
    assert ActivityGate().judge(case_of(bench, None)).verdict is GateVerdict.PASS
    silent = case_of(bench, None, "cut: float = 2.5", "cut: float = 9.0")
    verdict = ActivityGate().judge(silent)
    assert verdict.verdict is GateVerdict.FAIL
    assert "trades" in verdict.evidence["faults"][0]
    assert ActivityGate().judge(replace(silent, consented=True)).verdict is GateVerdict.PASS


def test_a_change_that_fails_on_a_symbol_is_refused(bench: Workbench, ledger: Ledger) -> None:
    patch = case_of(bench, ledger, "cut: float = 2.5", "cut: str = 'x'").patch
    refused = judge_change(bench, patch, ledger=ledger, diagnosis=Diagnosis((), (), {}))
    assert refused.status.value == "refused"
    assert (refused.gates[-1].name, refused.gates[-1].verdict) == ("runs", GateVerdict.FAIL)
    assert not ledger.entries(SPENT)


def test_an_idea_has_to_be_tested_first(bench: Workbench, ledger: Ledger) -> None:
    case = case_of(bench, None)
    unknown = MechanismGate().judge(case)
    assert unknown.verdict is GateVerdict.UNKNOWN and blocks(unknown)
    spec = {"template": "volume_profile", "direction": "reversal", "scope": sorted(case.after.markets)}
    idea = {"id": "h", "verdict": "supported", "spec_hash": "s", "spec": spec}
    wanted = {"template": "volume_profile", "direction": "reversal"}
    made_up = replace(case, hypothesis=idea, mechanism=wanted, ledger=ledger)
    assert "in this system's ledger" in fault(made_up)
    ledger.append(SETTLED, {"spec_hash": "s", "verdict": "supported", "spent": 0})
    assert MechanismGate().judge(made_up).verdict is GateVerdict.PASS
    assert "not supported" in fault(replace(made_up, hypothesis={**idea, "verdict": "underpowered"}))
    assert "another idea" in fault(replace(made_up, mechanism={**wanted, "direction": "continuation"}))
    elsewhere = {**spec, "scope": spec["scope"][:1]}
    assert "not tested on" in fault(replace(made_up, hypothesis={**idea, "spec": elsewhere}))
    ledger.append(SETTLED, {"spec_hash": "s", "verdict": "not_supported", "spent": 1})
    assert "in this system's ledger" in fault(made_up)


def fault(case: Case) -> str:
    judged = MechanismGate().judge(case)
    assert judged.verdict is GateVerdict.FAIL
    return str(judged.evidence["why"])


def test_a_system_that_looks_ahead_is_not_improved(bench: Workbench) -> None:
    case = case_of(bench, None)
    assert FiguresGate().judge(case).verdict is GateVerdict.PASS
    place = ("follow/scoring.py", 9, "scores")
    seen = make_finding("lookahead", Severity.CRITICAL, place, "reads the future", {"symbol": "BTCUSDT"})
    blind = replace(case, diagnosis=Diagnosis((seen,), (), {}))
    judged = FiguresGate().judge(blind)
    assert judged.verdict is GateVerdict.FAIL and "follow/scoring.py:9" in judged.evidence["faults"][0]


def test_the_vault_says_one_bit_and_takes_one_look(bench: Workbench, ledger: Ledger) -> None:
    case = case_of(bench, ledger)
    verdict = VaultGate().judge(case)
    assert verdict.verdict is GateVerdict.PASS
    assert verdict.evidence == {"accepted": True, "balance_left": BALANCE - 1, "balance": BALANCE}
    assert VaultGate().judge(case).evidence["balance_left"] == BALANCE - 1  # told again, not asked again
    assert [e.kind for e in ledger.entries()] == [QUERY, ANSWER]
    assert set(ledger.entries(ANSWER)[0].body) == {"patch", "digest", "from_ns", "accepted"}
    assert ledger.verify().ok


def test_the_vault_is_not_asked_in_vain(bench: Workbench, ledger: Ledger) -> None:
    case = case_of(bench, ledger)
    assert (
        "blocked already by confirm" in VaultGate().judge(replace(case, blocked=("confirm",))).evidence["why"]
    )
    assert VaultGate().judge(case_of(bench, None)).verdict is GateVerdict.UNKNOWN
    for number in range(BALANCE):
        ledger.append(QUERY, {"digest": str(number), "from_ns": case.before.until_ns})
    used_up = VaultGate().judge(case)
    assert used_up.verdict is GateVerdict.UNKNOWN
    assert balance(ledger, case.before.until_ns) == 0
    assert not ledger.entries(ANSWER)


def account(drift: float, seed: int) -> Backtest:
    """Always long one symbol whose price drifts."""
    rng = np.random.default_rng(seed)
    n = 24 * 60
    close = 100 * np.exp(np.cumsum(rng.normal(drift, 0.002, n)))
    columns = {"open": close, "high": close * 1.0001, "low": close * 0.9999, "close": close}
    market = Market("A", 60, np.arange(n, dtype=np.int64) * 3_600_000_000_000, columns, {})
    values = np.full((n, len(DECISION_COLUMNS)), np.nan)
    values[:, :4] = 0.0
    values[::12, 0], values[6::12, 1] = 1.0, 1.0
    return simulate(market, Decisions("A", values), Costs(funding=False))


def test_a_catastrophe_is_told_from_bad_luck() -> None:
    fine, worse = account(0.0, 1), account(-0.003, 1)
    assert not catastrophe({"A": fine}, {"A": fine}, 30 * DAY_NS)
    assert catastrophe({"A": fine}, {"A": worse}, 30 * DAY_NS)
    assert not catastrophe({"A": worse}, {"A": fine}, 30 * DAY_NS)
    empty = replace(fine, trades=(), equity=np.full(len(fine.equity), 10_000.0))
    assert catastrophe({"A": fine}, {"A": empty}, 30 * DAY_NS)
