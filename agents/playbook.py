"""The choices that the agents make when no model is configured: fixed rules, in the open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.analysis.study import Study
from tools.contracts import Finding, GateVerdict, Patch, PatchKind, PatchStatus, Severity
from tools.evolution.judge import GOALS, blocks, starves
from tools.evolution.propose import codemod_for

MAX_PATCHES = 4
_WEIGHT = {Severity.CRITICAL: 4, Severity.HIGH: 3, Severity.MEDIUM: 2, Severity.LOW: 1}


def rank(findings: Sequence[Finding]) -> list[Finding]:
    """Opportunities: what can be repaired, the most starved symbols first, then the most severe."""
    repairable = [f for f in findings if codemod_for(f) is not None]
    return sorted(
        repairable, key=lambda f: (-len(f.details.get("starved", ())), -_WEIGHT[f.severity], f.file, f.line)
    )


def prediction(study: Study, finding: Finding) -> dict[str, Any]:
    """What must come true if the finding is right: a starved symbol trades once the condition no longer depends on size.

    The bar is a tenth of what the median symbol trades where the condition is open, and at least three trades."""
    starved = list(finding.details.get("starved", ()))
    costs = finding.details["conditions"][0]["costs"]
    open_trades = sorted(c["trades_if_open"] or 0 for c in costs.values())
    bar = max(3, open_trades[len(open_trades) // 2] // 10)
    condition = finding.details["conditions"][0]["condition"]["text"]
    if starved:
        claim = f"Without the fixed number in `{condition}`, {', '.join(starved)} has at least {bar} trades."
    else:
        claim = f"Without the fixed number in `{condition}`, decisions no longer change when {finding.details['unit']} is scaled by 8."
    return {
        "claim": claim,
        "spec": {
            "kind": "repair",
            "finding": finding.id,
            "symbols": starved,
            "min_trades": bar,
            "until_ns": study.until_ns,
        },
    }


def gap(gaps: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The gap to write logic for: the one whose information says most about the trades; None where there is none."""
    return gaps[0] if gaps else None


def decide(patch: Patch, options: Mapping[str, Any], policy: str) -> dict[str, Any]:
    """The policy's own answer about a judged patch: approve, or leave it to a person.

    ``--yes-fixes`` says yes to fixes and refactors that passed every gate, exposure included. Policy "major" lets them through
    when no exposure has to be agreed to. A fixed number that starves no symbol may be meant (a cap, a capacity): its repair
    waits for a person whatever was said, and so does a patch that only a person can hold against a goal."""
    if patch.status is not PatchStatus.AWAITING_APPROVAL:
        return {"answer": "none"}
    if patch.kind is PatchKind.FIX and not starves(patch):
        return {"answer": "ask"}
    if any(v.name == GOALS and v.verdict is GateVerdict.UNKNOWN for v in patch.gates):
        return {"answer": "ask"}
    if patch.kind in (PatchKind.FIX, PatchKind.REFACTOR):
        if options.get("yes_fixes"):
            return {"answer": "approve", "by": "--yes-fixes", "digest": patch.digest, "exposure": True}
        if policy == "major" and not patch.consent:
            return {
                "answer": "approve",
                "by": "policy.approve = major",
                "digest": patch.digest,
                "exposure": False,
            }
    return {"answer": "ask"}


def change_lesson(system: str, patch: Patch) -> str:
    """What a cycle taught about an improvement, as a sentence of facts."""
    outcome = f"refused by {', '.join(v.name for v in patch.gates if blocks(v))}"
    if patch.status is not PatchStatus.REFUSED:
        outcome = patch.status.value.replace("_", " ")
    return f"{system}: {patch.kind.value} {patch.id} {outcome}. {patch.rationale}"


def lesson(system: str, finding: Finding | None, patch: Patch) -> str:
    """What a cycle taught about one finding, or without one about an improvement, as a sentence of facts."""
    if finding is None:
        return change_lesson(system, patch)
    condition = " and ".join(f"`{p['condition']['text']}`" for p in finding.details.get("conditions", ()))
    before, after = (side.get("symbols", {}) for side in (patch.before, patch.after))
    parts = []
    for symbol in finding.details.get("starved", ()):
        old, new = before.get(symbol, {}), after.get(symbol, {})
        edge = new.get("expectancy_bps")
        shown = "unknown" if edge is None else f"{edge:+.0f} bps a trade after costs"
        parts.append(f"{symbol} went from {old.get('trades')} to {new.get('trades')} trades, {shown}")
    outcome = "; ".join(parts) or "it starved no symbol"
    if patch.status is PatchStatus.REFUSED:
        outcome = f"refused by {', '.join(v.name for v in patch.gates if blocks(v))}"
    return f"{system}: {condition} depended on the size of the market ({finding.file}:{finding.line}). Fix {patch.id} {patch.status.value}: {outcome}."
