"""A judged patch held against the constraints of the person's goals, as one more verdict on it."""

from __future__ import annotations

from dataclasses import replace

from agents.desk import Desk
from agents.goal_budget import steering
from agents.goal_rules import rules_in, ruling
from tools.contracts import GateVerdict, Patch, PatchStatus, Verdict
from tools.evolution.judge import GOALS
from tools.records import patch_json


def held(desk: Desk, patch: Patch) -> Patch:
    """The patch as it is where it was refused already or no goal has a constraint; else with the verdict of the goals: refused
    where one forbids it, ``unknown`` where only a person can tell."""
    if patch.status is not PatchStatus.AWAITING_APPROVAL:
        return patch
    goals = steering(desk.store, desk.ledger)
    if not any(rules_in(goal) for goal in goals):
        return patch
    found = ruling(goals, patch_json(patch))
    if found.refuse:
        no = Verdict(GOALS, GateVerdict.FAIL, {"faults": list(found.refuse)})
        return replace(patch, status=PatchStatus.REFUSED, gates=(*patch.gates, no))
    if found.ask:
        open_ = Verdict(GOALS, GateVerdict.UNKNOWN, {"why": "; ".join(found.ask)})
        return replace(patch, gates=(*patch.gates, open_))
    kept = Verdict(GOALS, GateVerdict.PASS, {"goals": [g["id"] for g in goals]})
    return replace(patch, gates=(*patch.gates, kept))
