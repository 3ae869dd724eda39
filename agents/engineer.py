"""The engineer: writes the repair, tries its variants, and keeps the first that passes its gates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agents.engine import Engine
from agents.rulings import held
from agents.state import CycleState
from tools.contracts import Finding, Patch, PatchStatus
from tools.evolution.codemods.base import RepairError
from tools.evolution.gates.base import Case
from tools.evolution.guard import SafetyGuard
from tools.evolution.judge import judge, worth_another
from tools.evolution.judged import record
from tools.evolution.propose import Proposal, proposals
from tools.records import finding_json, patch_json


def make(engine: Engine, state: CycleState) -> dict[str, Any]:
    """A judged patch for the next opportunity, or a note why there is none."""
    finding = engine.finding(state["bundle"], state["opportunities"][0])
    engine.progress(f"repairing {finding.file}:{finding.line}")
    tried = [*state.get("tried", []), finding.id]
    rest = state["opportunities"][1:]
    try:
        patch = _first_that_stands(engine, state, finding)
    except RepairError as error:
        body = {"cycle": state["cycle"], "finding": finding.id, "why": str(error)}
        engine.store.once(
            state["cycle"], "no_repair", finding.id, lambda: engine.ledger.append("no_repair", body).seq
        )
        return {"tried": tried, "opportunities": rest, "patch": ""}
    patches = state.get("patches", [])
    return {"tried": tried, "opportunities": rest, "patch": patch.id, "patches": [*patches, patch.id]}


def _first_that_stands(engine: Engine, state: CycleState, finding: Finding) -> Patch:
    study = engine.study(state["bundle"])
    last: Patch | None = None
    for proposal in proposals(study, finding):
        last = _judged(engine, state, finding, proposal)
        if last.status is not PatchStatus.REFUSED or not worth_another(last):
            return last
    if last is None:
        raise RepairError(f"{finding.file}:{finding.line}: every variant leaves the code as it is")
    return last


def _judged(engine: Engine, state: CycleState, finding: Finding, proposal: Proposal) -> Patch:
    patch, cycle = proposal.patch, state["cycle"]
    before, after = engine.study(patch.base), engine.study(patch.bundle)
    case = Case(
        patch=patch,
        before=before,
        after=after,
        diagnosis=engine.diagnosis(patch.base),
        finding=finding,
        guard=SafetyGuard(engine.system),
        place=engine.place,
        tests=engine.test_files(finding),
        settings=proposal.change.settings,
    )
    patch = held(engine, judge(case))

    def keep() -> str:
        document = {
            **patch_json(patch),
            "settings": dict(proposal.change.settings),
            "finding_record": finding_json(finding),
        }
        engine.patches.save(document, cycle)
        engine.trials.log(
            patch.bundle, "development", {"patch": patch.id, "status": patch.status.value}, cycle
        )
        record(engine.ledger, patch, cycle)
        return patch.id

    engine.store.once(cycle, "judge", patch.id, keep)
    return replace(patch)
