"""Make the memory agree with the person's files where an engine died between changing the one and noting it in the other.

The journal of the files is the truth: it is on disk before and after each change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.contracts import PatchStatus
from tools.evolution.backup import state_of
from tools.evolution.journal import Journal, Record
from tools.evolution.rollback import RollbackError, rollback_patch
from tools.system.system import System

if TYPE_CHECKING:
    from agents.desk import Desk


def reconcile(desk: Desk) -> list[str]:
    """To be called once the files are whole (``recover``); one line for each thing that was put right.

    A patch that stands but was neither verified in place nor noted is taken out again. One that was taken out, by an engine
    that died then or by the person's own hands, is noted as rolled back."""
    last = _last_transactions(Journal(desk.system))
    lines: list[str] = []
    for document in desk.patches.list():
        record, status = last.get(document["id"]), document["status"]
        if record is None:
            continue
        if record.operation == "apply" and _as_before(desk.system, record):
            Journal(desk.system).mark(record, "undone")
            if PatchStatus(status).stands:
                lines.append(_note_rolled_back(desk, record, "undone by hand"))
        elif record.operation == "apply" and status == PatchStatus.AWAITING_APPROVAL:
            lines.append(_take_out(desk, record))
        elif record.operation == "rollback" and PatchStatus(status).stands:
            lines.append(_note_rolled_back(desk, record, "the engine died before it could note its rollback"))
    return lines


def _last_transactions(journal: Journal) -> dict[str, Record]:
    """Patch -> the last transaction that was carried out for it."""
    return {record.patch: record for record in journal.records() if record.state == "done"}


def _as_before(system: System, record: Record) -> bool:
    """Whether every file holds what it held before the patch; permission bits apart, which git does not keep."""
    now = {change.rel: state_of(system.root / change.rel) for change in record.changes}
    return all(
        (there.sha256 if (there := now[change.rel]) else None)
        == (change.before.sha256 if change.before else None)
        for change in record.changes
    )


def _note_rolled_back(desk: Desk, record: Record, why: str) -> str:
    files = [change.rel for change in record.changes]
    with desk.store.transaction():
        desk.patches.set_status(record.patch, PatchStatus.ROLLED_BACK.value)
        desk.ledger.append("rolled_back", {"patch": record.patch, "files": files, "why": why})
    return f"patch {record.patch}: noted as rolled back ({why})"


def _take_out(desk: Desk, record: Record) -> str:
    """Undo an unverified apply; where the files were edited since, it stands and is noted as it is."""
    body = {"patch": record.patch, "files": [change.rel for change in record.changes]}
    try:
        rollback_patch(desk.system, record.patch)
    except RollbackError as error:
        with desk.store.transaction():
            desk.patches.set_status(record.patch, PatchStatus.APPLIED.value)
            desk.ledger.append("applied", {**body, "verified": False, "why": str(error)})
        return f"patch {record.patch}: stands, but was not verified in place; {error}"
    desk.ledger.append(
        "recovered", {**body, "why": "the engine died before it could verify the patch in place"}
    )
    return f"patch {record.patch}: was cut off before it was verified in place, and taken out again"
