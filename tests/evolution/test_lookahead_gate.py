"""The look-ahead gate, on real bundles in the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tools.analysis.detect import Diagnosis
from tools.analysis.workbench import Workbench
from tools.contracts import GateVerdict, Patch, PatchKind, PatchStatus
from tools.evolution.gates.base import Case
from tools.evolution.gates.lookahead import LookaheadGate
from tools.evolution.guard import SafetyGuard
from tools.evolution.judge import GATES
from tools.system.sections import Waiver

pytestmark = pytest.mark.sandbox
SOUND = """
def signals(bars):
    mean = bars["close"].rolling(48).mean()
    return bars.assign(enter_long=bars["close"] < 0.995 * mean, exit_long=bars["close"] > mean)
"""
RARE = SOUND.replace(
    'bars["close"] < 0.995 * mean,',
    '(bars["close"] < 0.995 * mean).where(bars.index.minute != 35, bars["close"].shift(-1) > bars["close"]),',
)
WHOLE = SOUND.replace("rolling(48).mean()", "mean()")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, candles: str) -> Iterator[Workbench]:
    folder = tmp_path_factory.mktemp("lookahead")
    (folder / "strategy.py").write_text(SOUND, encoding="utf-8")
    toml = f'[strategy]\nkind = "signals"\ntarget = "strategy:signals"\n[data]\npath = "{candles}"\n'
    (folder / "mendel.toml").write_text(toml, encoding="utf-8")
    with Workbench(folder, symbols=["ETHUSDT", "TONUSDT"]) as workbench:
        yield workbench


def case_of(bench: Workbench, before: str, after: str, kind: PatchKind = PatchKind.FIX) -> Case:
    base = bench.store.snapshot(bench.system)
    old, new = (bench.store.derive(base, {"strategy.py": text}) for text in (before, after))
    patch = Patch("p", kind, PatchStatus.PROPOSED, "", old, new, ("strategy.py",), "", "tested")
    return Case(
        patch,
        bench.study(old),
        bench.study(new),
        Diagnosis((), (), {}),
        None,
        SafetyGuard(bench.system),
        bench.place,
    )


def test_a_sound_candidate_passes(bench: Workbench) -> None:
    verdict = LookaheadGate().judge(case_of(bench, WHOLE, SOUND))
    assert verdict.verdict is GateVerdict.PASS
    (first, *_) = verdict.evidence["symbols"].values()
    assert first["cuts"] > 15 and first["bars_searched"] > 1000 and not first["broken"]


@pytest.mark.parametrize("after", [RARE, WHOLE])
@pytest.mark.parametrize("kind", [PatchKind.FIX, PatchKind.TUNING])
def test_a_candidate_that_sees_the_future_is_refused(bench: Workbench, after: str, kind: PatchKind) -> None:
    verdict = LookaheadGate().judge(case_of(bench, SOUND, after, kind))
    assert verdict.verdict is GateVerdict.FAIL
    broken = [s for s in verdict.evidence["symbols"].values() if s["broken"]]
    assert broken and broken[0]["decision_at"] < broken[0]["from"]


def test_an_old_look_ahead_is_reported_with_a_repair_and_stops_new_logic(bench: Workbench) -> None:
    changed = WHOLE.replace("0.995", "0.99")
    repair = LookaheadGate().judge(case_of(bench, WHOLE, changed))
    logic = LookaheadGate().judge(case_of(bench, WHOLE, changed, PatchKind.ENHANCEMENT))
    assert repair.verdict is GateVerdict.REPORT and "before the patch" in repair.evidence["why"]
    assert logic.verdict is GateVerdict.FAIL


def test_a_candidate_that_only_answers_about_the_whole_market_is_not_known(bench: Workbench) -> None:
    known = [float(m.columns["close"].sum()) for m in bench.data.markets.values()]
    only = SOUND.replace(
        "    mean =", "    assert float(bars['close'].to_numpy().sum()) in KNOWN\n    mean ="
    )
    verdict = LookaheadGate().judge(case_of(bench, SOUND, f"KNOWN = {known}\n{only}"))
    assert verdict.verdict is GateVerdict.UNKNOWN
    assert all(s["cuts"] == 0 and s["unanswered"] > 15 for s in verdict.evidence["symbols"].values())


def test_every_kind_of_patch_meets_it() -> None:
    assert all("lookahead" in [gate.name for gate in gates] for gates in GATES.values())


def test_a_waiver_is_said(bench: Workbench) -> None:
    case = case_of(bench, SOUND, WHOLE)
    config = case.before.system.config
    policy = config.policy.model_copy(update={"waivers": [Waiver(gate="lookahead", reason="known")]})
    system = replace(case.before.system, config=config.model_copy(update={"policy": policy}))
    before = replace(case.before, system=system)
    verdict = LookaheadGate().judge(replace(case, before=before))
    assert verdict.verdict is GateVerdict.REPORT and verdict.evidence["waived"] == "known"
