"""The scientist: says beforehand what must come true, and checks it afterwards."""

from __future__ import annotations

import hashlib
from typing import Any

from agents.engine import Engine
from agents.questions import questions
from agents.state import CycleState
from tools.analysis.gaps import capability_gaps
from tools.contracts import Patch
from tools.discovery.concept_discovery import ConceptDiscovery
from tools.records import jsonable

#: The kind of a prediction about a repair, among the hypotheses of a cycle.
REPAIR = "repair"


def rank(engine: Engine, state: CycleState) -> dict[str, Any]:
    """Order the opportunities, and register a prediction for each before any repair is tried."""
    study, tried = engine.study(state["bundle"]), set(state.get("tried", []))
    found = engine.diagnosis(state["bundle"]).findings
    order = [f for f in engine.choices.rank(state["cycle"], found) if f.id not in tried]
    known = {h["spec"].get("finding") for h in state.get("hypotheses", [])}
    new = [
        _register(engine, state["cycle"], engine.choices.prediction(state["cycle"], study, f))
        for f in order
        if f.id not in known
    ]
    return {
        "opportunities": [f.id for f in order],
        "ranked": True,
        "hypotheses": [*state.get("hypotheses", []), *new],
    }


def discover(engine: Engine, state: CycleState) -> dict[str, Any]:
    """Test claims about the markets that were never tested, as many as ``[cycle] claims`` allows. The ledger has each claim,
    and what it costs, before its outcome is looked at."""
    hypotheses = list(state.get("hypotheses", []))
    most = engine.system.config.cycle.claims
    if not most:
        return {"discovered": True}
    with ConceptDiscovery(engine.system, ledger=engine.ledger, markets=engine.bench.data) as discovery:
        bundle = state["bundle"]
        gaps = [] if engine.diagnosis(bundle).silenced else capability_gaps(engine.study(bundle))
        open_ones = questions(engine.ledger, discovery.markets, gaps)
        for question in engine.choices.questions(state["cycle"], open_ones, discovery.markets)[:most]:
            engine.progress(f"asking: {question.claim}")
            result = discovery.validate_hypothesis(question.asked)
            document = jsonable(result.to_json())
            hypotheses.append(
                {
                    "id": (result.spec_hash or "untested")[:10],
                    **document,
                    "asked_for": question.why,
                    "spec": document["spec"] or {},
                }
            )
    return {"hypotheses": hypotheses, "discovered": True}


def _register(engine: Engine, cycle: str, prediction: dict[str, Any]) -> dict[str, Any]:
    """Write the prediction into the ledger before its test; a second call finds the first entry."""
    identity = hashlib.sha256(prediction["claim"].encode()).hexdigest()[:10]

    def note() -> dict[str, Any]:
        entry = engine.ledger.append("hypothesis", {"cycle": cycle, "id": identity, **prediction})
        return {
            "id": identity,
            **prediction,
            "verdict": "untestable",
            "why": "no repair was tried",
            "registered": entry.seq,
        }

    result: dict[str, Any] = engine.store.once(cycle, "register", identity, note)
    return result


def conclude(hypothesis: dict[str, Any], patch: Patch) -> dict[str, Any]:
    """The verdict on a prediction once its patch was judged. A refused patch proves nothing either way."""
    spec = hypothesis["spec"]
    if spec.get("kind") != REPAIR or patch.finding != spec["finding"] or not patch.after:
        return hypothesis
    symbols, bar = spec["symbols"], spec["min_trades"]
    measured = {s: patch.after["symbols"].get(s, {}).get("trades") for s in symbols}
    if symbols:
        came_true = all((n or 0) >= bar for n in measured.values())
        why = "measured on the patched bundle: " + ", ".join(f"{s} {n} trades" for s, n in measured.items())
    else:
        probes = next((v for v in patch.gates if v.name == "probes"), None)
        if probes is None:
            return {**hypothesis, "why": "the patch was refused before its probes ran"}
        came_true = not probes.evidence.get("still_convicted")
        why = "the convicting probe on the patched bundle: " + (
            "it holds" if came_true else "it is still broken"
        )
    return {
        **hypothesis,
        "verdict": "supported" if came_true else "not_supported",
        "measured": measured,
        "why": why,
    }
