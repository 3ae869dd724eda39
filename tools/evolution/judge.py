"""Put a patch before its gates. Every gate speaks, so that a refusal names everything that stands in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.host.contracts import Status
from tools.contracts import GateVerdict, Patch, PatchKind, PatchStatus, Verdict
from tools.evolution.gates.activity import ActivityGate
from tools.evolution.gates.backup import BackupGate
from tools.evolution.gates.base import Case, Gate
from tools.evolution.gates.behaviour import BehaviourGate
from tools.evolution.gates.confirm import ConfirmGate
from tools.evolution.gates.exposure import ExposureGate, consent_question
from tools.evolution.gates.figures import FiguresGate
from tools.evolution.gates.lookahead import LookaheadGate
from tools.evolution.gates.mechanism import MechanismGate
from tools.evolution.gates.pnl import PnlGate
from tools.evolution.gates.probes import ProbesGate
from tools.evolution.gates.scope import ScopeGate
from tools.evolution.gates.static import StaticGate
from tools.evolution.gates.switch import SwitchGate
from tools.evolution.gates.system_tests import TestsGate
from tools.evolution.gates.vault import VaultGate
from tools.evolution.gates.visual import VisualGate
from tools.evolution.sides import losses_json, side_json
from tools.system.runner import StrategyFailed

#: The gates of each kind of patch, cheapest first. The first three guard the ones that run the patched code.
GATES: Mapping[PatchKind, tuple[Gate, ...]] = {
    PatchKind.FIX: (
        BackupGate(),
        ScopeGate(),
        StaticGate(),
        BehaviourGate(),
        TestsGate(),
        ProbesGate(),
        LookaheadGate(),
        PnlGate(),
        ExposureGate(),
        VisualGate(),
    ),
    PatchKind.ENHANCEMENT: (
        BackupGate(),
        ScopeGate(),
        StaticGate(),
        FiguresGate(),
        MechanismGate(),
        SwitchGate(),
        ActivityGate(),
        PnlGate(),
        ExposureGate(),
        TestsGate(),
        ProbesGate(),
        LookaheadGate(),
        VisualGate(),
        ConfirmGate(),
        VaultGate(),
    ),
    PatchKind.TUNING: (
        BackupGate(),
        ScopeGate(),
        StaticGate(),
        FiguresGate(),
        ActivityGate(),
        PnlGate(),
        ExposureGate(),
        TestsGate(),
        ProbesGate(),
        LookaheadGate(),
        VisualGate(),
        ConfirmGate(),
        VaultGate(),
    ),
}
BEFORE_RUNNING = 3
#: The verdict's name where the patched strategy gives no decisions.
RUNS = "runs"
_UNSAFE = "it was run without isolation (unsafe): nothing may be promoted on that; see mendel doctor"
#: The verdict of the person's goals, which the agents add to a judged patch.
GOALS = "goals"
#: What takes long: not asked of an improvement that is refused already. Of a repair everything is asked, since it is to be mended.
DEAR = frozenset({"tests", "probes", "lookahead"})
NOT_RUN = "not run"
#: Gates whose ``unknown`` does not block: no dashboards are fine; consent is asked for apart.
MAY_BE_UNKNOWN = frozenset({"visual", "exposure_consent", "tests", GOALS})


def judge(case: Case, gates: Sequence[Gate] | None = None) -> Patch:
    """The patch with its verdicts, before and after, and its new status: refused, or awaiting approval. A kind of patch
    that has no gates here cannot be judged and is refused."""
    gates = GATES.get(case.patch.kind, ()) if gates is None else gates
    verdicts: list[Verdict] = []
    for place, gate in enumerate(gates):
        if place == BEFORE_RUNNING and any(blocks(v) for v in verdicts):
            break  # code that failed these is not run
        if place == BEFORE_RUNNING and (failure := _fails(case)) is not None:
            verdicts.append(failure)
            break
        blocked = tuple(v.name for v in verdicts if blocks(v))
        if blocked and gate.name in DEAR and case.patch.kind in (PatchKind.ENHANCEMENT, PatchKind.TUNING):
            why = f"{NOT_RUN}: refused already by {', '.join(blocked)}"
            verdicts.append(Verdict(gate.name, GateVerdict.UNKNOWN, {"why": why}))
            continue
        case.before.progress(f"gate: {gate.name.replace('_', ' ')}")
        verdicts.append(gate.judge(replace(case, blocked=blocked)))
    return _judged(case, verdicts)


def _fails(case: Case) -> Verdict | None:
    """The verdict on a patch with which the strategy gives no decisions. A fault of the sandbox is no verdict: it raises."""
    try:
        case.after.decisions  # noqa: B018 - asked for its error
    except StrategyFailed as error:
        if error.status in (Status.REFUSED, Status.INFRASTRUCTURE):
            raise
        return Verdict(
            RUNS, GateVerdict.FAIL, {"why": f"the patched strategy fails on {error.symbol}: {error.reason}"}
        )
    answers = case.after.runner.decide_many(case.after.bundle, case.after.markets)
    if not all(answer.outcome.promotable for answer in answers.values()):
        return Verdict(RUNS, GateVerdict.FAIL, {"why": _UNSAFE})
    return None


def _judged(case: Case, verdicts: list[Verdict]) -> Patch:
    refused = not verdicts or any(blocks(v) for v in verdicts)
    ran = len(verdicts) > BEFORE_RUNNING and verdicts[BEFORE_RUNNING].name != RUNS
    question = consent_question(case) if ran and not refused else None
    return replace(
        case.patch,
        status=PatchStatus.REFUSED if refused else PatchStatus.AWAITING_APPROVAL,
        gates=tuple(verdicts),
        before={**side_json(case.before), "failures": losses_json(case.before)},
        after=side_json(case.after) if ran else {},
        consent=(question,) if question else (),
    )


def blocks(verdict: Verdict) -> bool:
    """Whether a verdict stands in the way."""
    if verdict.verdict in (GateVerdict.PASS, GateVerdict.REPORT):
        return False
    return not (verdict.verdict is GateVerdict.UNKNOWN and verdict.name in MAY_BE_UNKNOWN)


def starves(patch: Patch) -> bool:
    """Whether the number that a fix repairs keeps a symbol from trading, as its exposure gate found."""
    looked = [v.evidence for v in patch.gates if v.name == "exposure_consent"]
    return any("starves" not in evidence or evidence["starves"] for evidence in looked)


def worth_another(patch: Patch) -> bool:
    """Whether another variant of a refused patch may do better: another number can mend behaviour, another spelling a
    strategy that does not run."""
    return {v.name for v in patch.gates if blocks(v)} in ({"behaviour"}, {RUNS})


def refusals(patch: Patch) -> list[str]:
    """In words, why a patch was refused."""
    told = [(v.name, _why(v.evidence)) for v in patch.gates if blocks(v)]
    return [f"{name}: {why}" for name, why in told if not why.startswith(NOT_RUN)]


def _why(evidence: Mapping[str, Any]) -> str:
    for key in ("faults", "newly_broken", "still_convicted"):
        if evidence.get(key):
            return "; ".join(str(item) for item in evidence[key])
    parts = [
        p
        for p in (evidence.get("own"), evidence.get("finding"))
        if isinstance(p, Mapping) and not p.get("ok")
    ]
    if parts:
        return "; ".join(str(p.get("new_failures") or p.get("test") or p.get("why")) for p in parts)
    return str(evidence.get("why", "no reason given"))
