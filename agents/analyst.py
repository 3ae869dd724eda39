"""The analyst: understands the system as it is now."""

from __future__ import annotations

from typing import Any

from agents.engine import Engine
from agents.state import CycleState
from tools.analysis.silence.cost import starved
from tools.analysis.silence.why import why_silent
from tools.evolution.sides import losses_json
from tools.records import finding_json


def understand(engine: Engine, state: CycleState) -> dict[str, Any]:
    """Findings with counterexamples, suspects, and why silent symbols are silent."""
    bundle = engine.bench.store.snapshot(engine.system)
    study, diagnosis = engine.study(bundle), engine.diagnosis(bundle)
    fails = diagnosis.silenced
    silent = [] if fails else [s for s in study.markets if starved(study, s)]
    funnels = {s: why_silent(study, s).to_json() for s in silent}
    trades = {} if fails else {s: study.trades(s) for s in study.by_activity}
    cycle, first = state["cycle"], "silence" not in state

    def keep() -> list[str]:
        for finding in diagnosis.findings:
            if first:
                engine.findings.save(cycle, finding_json(finding))
            place = {"category": finding.category, "file": finding.file, "line": finding.line}
            engine.ledger.append("finding", {"cycle": cycle, "bundle": bundle, "id": finding.id, **place})
        engine.trials.log(bundle, "development", {"trades": trades}, cycle)
        return [f.id for f in diagnosis.findings]

    kept = engine.store.once(cycle, "understand", bundle, keep)
    update: dict[str, Any] = {"bundle": bundle, "ranked": False, "opportunities": []}
    if first:  # what is reported is the system as it was found
        update |= {
            "findings": kept,
            "suspects": [finding_json(s) for s in diagnosis.suspects],
            "silence": funnels,
            "trades": trades,
            "failures": {} if fails else losses_json(study),
        }
    return update
