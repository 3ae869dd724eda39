"""Takes a patch out of the person's files again, and puts right what a crash left half done."""

from __future__ import annotations

from dataclasses import dataclass

from tools.contracts import MendelError
from tools.evolution.apply import TURN
from tools.evolution.backup import BackupStore, observe, state_of
from tools.evolution.git_commit import Repository
from tools.evolution.journal import Change, Journal, Record, missing_folders
from tools.evolution.lock import engine_lock
from tools.evolution.swap import Step, Swap, no_step
from tools.system.bundles import BundleStore
from tools.system.system import System


class RollbackError(MendelError):
    """The patch cannot be taken out; the files were not touched."""


@dataclass(frozen=True)
class RolledBack:
    """A patch no longer stands. ``overwritten`` are files that were changed since and, by force, put back."""

    patch: str
    transaction: str
    files: tuple[str, ...]
    overwritten: tuple[str, ...]
    commit: str | None


def rollback_patch(system: System, patch: str, *, force: bool = False, step: Step = no_step) -> RolledBack:
    """Give every file of an applied patch the bytes and permission bits that it had before.

    Refused where the patch does not stand applied, or where a file was changed since (``force`` puts it back
    all the same; what it holds now stays in ``.mendel/blobs``)."""
    with engine_lock(system), TURN:
        backups, journal = BackupStore(system), Journal(system)
        applied = journal.applied(patch)
        if applied is None:
            raise RollbackError(f"patch {patch} does not stand applied; see: mendel patch list")
        changed = tuple(c.rel for c in applied.changes if state_of(system.root / c.rel) != c.after)
        if changed and not force:
            raise RollbackError(
                f"{', '.join(changed)}: changed since patch {patch} was applied; undo that, or use --force"
            )
        _require_backups(backups, applied)
        changes = tuple(_back(system, backups, change) for change in applied.changes)
        files = tuple(change.rel for change in changes)
        repository = Repository.around(system.root, files)
        folders = missing_folders(system.root, [change.rel for change in changes if change.after is not None])
        record = journal.new("rollback", patch, changes, folders, applied.folders)
        record = Swap(system.root, backups, journal, step).run(record)
        commit = repository.commit(f"Roll back {patch}") if repository and applied.commit else None
        if commit is not None:
            journal.mark(record, "done", commit)
        return RolledBack(patch, record.id, files, changed, commit)


def recover(system: System) -> list[str]:
    """Put right what was interrupted; to be called at every start of an engine. A half-done apply is undone, a
    half-done rollback is finished. One line for each, naming files that someone has changed meanwhile."""
    with engine_lock(system), TURN:
        BundleStore(system.bundles).sweep()
        journal = Journal(system)
        swap = Swap(system.root, BackupStore(system), journal)
        return [_recover_one(swap, record) for record in journal.records() if record.state == "intent"]


def _recover_one(swap: Swap, record: Record) -> str:
    try:
        kept = swap.undo(record) if record.operation == "apply" else swap.finish(record)
    except OSError as error:
        raise RollbackError(
            f"{error.filename}: {error.strerror}; free space or mend rights, then start again"
        ) from error
    what = "apply was undone" if record.operation == "apply" else "rollback was finished"
    left = f"; left alone, since changed by someone else: {', '.join(kept)}" if kept else ""
    return f"patch {record.patch}: its interrupted {what}{left}"


def _back(system: System, backups: BackupStore, change: Change) -> Change:
    """The way back of one file, what it holds now put aside first."""
    seen = observe(system.root / change.rel)
    if seen is not None:
        backups.put(seen[1])
    return Change(change.rel, None if seen is None else seen[0], change.before)


def _require_backups(backups: BackupStore, applied: Record) -> None:
    for change in applied.changes:
        if change.before is not None:
            backups.get(change.before.sha256)
