"""The reviewer: asks, and brings what was approved into the person's files."""

from __future__ import annotations

from typing import Any

from langgraph.types import interrupt

from agents.desk import Desk
from agents.engine import Engine
from agents.state import CycleState
from tools.contracts import MendelError, Patch, PatchStatus
from tools.evolution.apply import ApplyError
from tools.evolution.promote import Approval, promote
from tools.evolution.rollback import RolledBack, rollback_patch
from tools.records import patch_from, patch_json


def review(engine: Engine, state: CycleState) -> dict[str, Any]:
    """What the policy says about the judged patch."""
    patch = patch_from(engine.patches.get(state["patch"]))
    policy = engine.system.config.policy.approve
    if patch.status is PatchStatus.AWAITING_APPROVAL:
        _looked_at(engine, state["cycle"], patch)
    return {"decision": engine.choices.decide(state["cycle"], patch, state["options"], policy)}


def _looked_at(engine: Engine, cycle: str, patch: Patch) -> None:
    """Keep with the patch what a model that sees had to say of its pictures."""
    remarks = engine.choices.look(cycle, patch, engine.system.home)
    if remarks is not None:
        engine.patches.save({**engine.patches.get(patch.id), "looked": remarks})


def ask(engine: Engine, state: CycleState) -> dict[str, Any]:
    """Wait for a person. This node does nothing else, since it starts from its top when the answer comes."""
    patch = patch_from(engine.patches.get(state["patch"]))
    answer = interrupt({"patch": patch_json(patch), "consent": list(patch.consent)})
    return {"decision": {"answer": "later"} if not isinstance(answer, dict) else answer}


def act(engine: Engine, state: CycleState) -> dict[str, Any]:
    """Do what was decided: apply, reject, or leave it waiting."""
    decision, patch = state["decision"], patch_from(engine.patches.get(state["patch"]))
    status = patch.status
    if status is PatchStatus.AWAITING_APPROVAL:  # else: it was acted on before this node was cut off
        status = _carry_out(engine, state["cycle"], patch, decision)
    update: dict[str, Any] = {"patch": "", "decision": {}}
    if status.stands or status is PatchStatus.EXPIRED:  # the source changed: understand it anew
        update |= {"bundle": "", "ranked": False, "opportunities": []}
    return update


def _carry_out(engine: Engine, cycle: str, patch: Patch, decision: dict[str, Any]) -> PatchStatus:
    """The status that the patch has then. One that no longer fits the source does not end the cycle."""
    if decision["answer"] == "approve":
        approval = Approval(decision["digest"], decision["by"], bool(decision.get("exposure")))
        try:
            return approve(engine, cycle, patch, approval).status
        except ApplyError as error:
            engine.progress(f"patch {patch.id} expired: {error}")
            return PatchStatus.EXPIRED
    if decision["answer"] == "reject":
        reject(engine, cycle, patch, str(decision.get("by", "a person")))
        return PatchStatus.REJECTED
    return patch.status


def approve(desk: Desk, cycle: str, patch: Patch, approval: Approval) -> Patch:
    """Apply a patch; applied once, whoever asks again. A patch whose base has gone is ``expired``."""
    document = desk.patches.get(patch.id)
    if patch.status.stands:
        return patch
    tests = desk.test_files(document.get("finding_record") or {})
    desk.progress(f"applying {patch.id}")
    try:
        done = promote(desk.system, desk.bundles, desk.place, patch, approval, tests)
    except ApplyError as error:
        _expire(desk, cycle, patch, error)
        raise
    body = {
        "cycle": cycle,
        "patch": patch.id,
        "digest": patch.digest,
        "by": approval.by,
        "exposure": approval.exposure,
    }

    def keep() -> str:
        desk.patches.save({**document, **patch_json(done)}, cycle)
        desk.ledger.append("approved", body)
        desk.ledger.append(done.status.value, {"cycle": cycle, "patch": patch.id, "files": list(patch.files)})
        return done.status.value

    desk.store.once(cycle, "apply", patch.id, keep)
    return done


def _expire(desk: Desk, cycle: str, patch: Patch, error: MendelError) -> None:
    def keep() -> str:
        desk.patches.set_status(patch.id, PatchStatus.EXPIRED.value)
        desk.ledger.append("expired", {"cycle": cycle, "patch": patch.id, "why": str(error)})
        return "expired"

    desk.store.once(cycle, "expire", patch.id, keep)


def reject(desk: Desk, cycle: str, patch: Patch, by: str) -> None:
    """Note a person's no."""

    def keep() -> str:
        desk.patches.set_status(patch.id, PatchStatus.REJECTED.value)
        desk.ledger.append("rejected", {"cycle": cycle, "patch": patch.id, "by": by})
        return "rejected"

    desk.store.once(cycle, "reject", patch.id, keep)


def roll_back(desk: Desk, patch: str, *, force: bool = False) -> RolledBack:
    """Restore every byte that a patch changed, and note it."""
    document = desk.patches.get(patch)
    done = rollback_patch(desk.system, document["id"], force=force)
    with desk.store.transaction():
        desk.patches.set_status(document["id"], PatchStatus.ROLLED_BACK.value)
        desk.ledger.append("rolled_back", {"patch": document["id"], "files": list(done.files)})
    return done
