"""The engineer's other half: new logic for what the entry decision ignores, and a search over the system's numbers.

Both come after the repairs, since figures of a broken system prove nothing, and both usually end in a refusal. That is right:
half a year of bars can rarely tell an improvement from luck.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agents.engine import Engine
from agents.goal_budget import steering
from agents.goal_rules import kind_refused
from agents.rulings import held
from agents.state import CycleState
from tools.analysis.gaps import capability_gaps
from tools.contracts import Patch, PatchKind, PatchStatus
from tools.evolution.enhancement.base import EnhancementError
from tools.evolution.enhancement.generate import KINDS, generate_enhancement
from tools.evolution.enhancement.integrate import integrate_enhancement
from tools.evolution.judge import refusals
from tools.evolution.judged import record
from tools.evolution.tune import tune
from tools.optimization.optimizer import OptimizeError
from tools.optimization.segments import SegmentError
from tools.optimization.space import SpaceError
from tools.records import patch_from, patch_json

ENHANCE, TUNE = "enhance", "tune"
#: What a step of this kind came to, in words and with its patch if it made one.
Outcome = dict[str, Any]
Update = dict[str, Any]


def enhance(engine: Engine, state: CycleState) -> Update:
    """A judged patch with new logic for the gap that says most about the system's trades, or why there is none."""
    return _step(engine, state, ENHANCE, PatchKind.ENHANCEMENT, _enhanced)


def search(engine: Engine, state: CycleState) -> Update:
    """A judged patch with tuned numbers, or why there is none."""
    return _step(engine, state, TUNE, PatchKind.TUNING, _tuned)


def _step(
    engine: Engine,
    state: CycleState,
    step: str,
    kind: PatchKind,
    work: Callable[[Engine, CycleState], Outcome],
) -> Update:
    """Do the step where it makes sense now, and note what came of it."""
    why = _not_now(engine, state, step, kind)
    outcome = {"why": why, "patch": None} if why else work(engine, state)
    steps, patches, patch = list(state.get("improved", [])), list(state.get("patches", [])), outcome["patch"]
    update: Update = {"improved": [*steps, {"step": step, **outcome}]}
    return update if patch is None else {**update, "patch": patch, "patches": [*patches, patch]}


def _not_now(engine: Engine, state: CycleState, step: str, kind: PatchKind) -> str:
    """Why the step is not for this cycle; "" where it is."""
    settings, bundle = engine.system.config.cycle, state["bundle"]
    if not (settings.enhancements if step == ENHANCE else settings.tuning_trials):
        return "switched off in [cycle] of mendel.toml"
    if forbidden := kind_refused(steering(engine.store, engine.ledger), kind.value):
        return forbidden
    waiting = [
        p
        for p in state.get("patches", [])
        if engine.patches.get(p)["status"] == PatchStatus.AWAITING_APPROVAL
    ]
    if waiting:
        return f"patch {waiting[0]} waits for an answer, and the source may change with it"
    if engine.diagnosis(bundle).silenced:
        return "the strategy gives no decisions"
    if not any(engine.study(bundle).trades(s) for s in engine.study(bundle).markets):
        return "the system does not trade: there is nothing to measure an improvement by"
    return _judged_before(engine, state, kind)


def _judged_before(engine: Engine, state: CycleState, kind: PatchKind) -> str:
    """The same source on the same bars gives the same answer; a person's no stands for as long as the source does."""
    for document in engine.patches.list():
        if document["kind"] != kind.value or document["base"] != state["bundle"]:
            continue
        if document["status"] == PatchStatus.REJECTED:
            return f"patch {document['id']} of this kind was declined for this source"
        if document.get("until") == engine.bench.data.until and document["id"] not in state.get(
            "patches", []
        ):
            return f"patch {document['id']} of this kind was judged for this source on the same bars: {document['status']}"
    return ""


def _enhanced(engine: Engine, state: CycleState) -> Outcome:
    study = engine.study(state["bundle"])
    gaps = [g for g in capability_gaps(study) if g["kind"] in KINDS]
    gap = engine.choices.gap(state["cycle"], gaps)
    if gap is None:
        return {"why": f"no gap that logic can be written for ({', '.join(KINDS)})", "patch": None}
    engine.progress(f"writing logic for the {str(gap['kind']).replace('_', ' ')}")

    def log(bundle: str, body: dict[str, Any]) -> None:
        engine.trials.log(bundle, "development", body, state["cycle"])

    try:
        made = generate_enhancement(engine.bench, gap, log)
    except (EnhancementError, SegmentError) as error:
        return {"gap": gap["kind"], "why": str(error), "patch": None}
    patch = integrate_enhancement(
        engine.bench,
        made,
        ledger=engine.ledger,
        diagnosis=engine.diagnosis(state["bundle"]),
        data=engine.data,
    )
    patch = _kept(engine, state, patch, {"enhancement": made.to_json()})
    return {"gap": gap["kind"], "why": "; ".join(refusals(patch)), "patch": patch.id}


def _tuned(engine: Engine, state: CycleState) -> Outcome:
    trials = engine.choices.trials(state["cycle"], engine.system.config.cycle.tuning_trials)
    if not trials:
        return {"why": "no search was wanted in this cycle", "patch": None}
    try:
        found = tune(
            engine.bench,
            engine.trials,
            engine.ledger,
            trials=trials,
            data=engine.data,
            diagnosis=engine.diagnosis(state["bundle"]),
        )
    except (OptimizeError, SpaceError, SegmentError) as error:
        return {"why": str(error), "patch": None}
    told = {name: found[name] for name in ("trials", "duplicates", "why")}
    if found["patch"] is None:
        return {**told, "patch": None}
    search = {n: found[n] for n in ("trials_ever", "base", "plateau", "best")}
    patch = _kept(engine, state, patch_from(found["patch"]), {"search": search})
    return {**told, "why": "; ".join(refusals(patch)), "patch": patch.id}


def _kept(engine: Engine, state: CycleState, patch: Patch, more: dict[str, Any]) -> Patch:
    """The judged patch held against the goals, its document (``more`` in it) and judgement kept once for each cycle."""
    patch = held(engine, patch)

    def keep() -> str:
        document = {**patch_json(patch), **more, "until": engine.bench.data.until}
        engine.patches.save(document, state["cycle"])
        record(engine.ledger, patch, state["cycle"])
        return patch.id

    engine.store.once(state["cycle"], "judge", patch.id, keep)
    return patch
