"""Brings an approved patch into the person's files: whole, journalled, and only if they are still its base."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from tools.contracts import MendelError, Patch
from tools.evolution.backup import BackupStore, FileState, observe
from tools.evolution.git_commit import Repository
from tools.evolution.journal import Change, Journal, missing_folders
from tools.evolution.lock import engine_lock
from tools.evolution.swap import Step, Swap, no_step
from tools.system.bundles import BundleStore, Item, patch_digest, read_item
from tools.system.config import CONFIG_NAME
from tools.system.system import System

#: Files that a strategy may be made of: a patch's evidence depends on every one of them.
_CODE = frozenset({".py", ".pyx", ".toml", ".yaml", ".yml", ".json", ".cfg", ".ini"})

#: Threads of one process take turns; other processes are kept out by the engine's lock.
TURN = threading.RLock()


class ApplyError(MendelError):
    """The patch does not fit the person's files; they were not touched."""


@dataclass(frozen=True)
class Applied:
    """A patch now stands in the person's files. ``commit`` is git's hash, None where nothing was committed."""

    patch: str
    transaction: str
    files: tuple[str, ...]
    commit: str | None


def apply_patch(system: System, store: BundleStore, patch: Patch, *, step: Step = no_step) -> Applied:
    """Write ``patch``'s files into the system.

    Refused, with the file named, where the patch is not what its digest says, touches a file that may not be
    changed, stands applied already, or where the source is no longer its base. After any error, interrupt or
    crash the files are all old (``recover`` sees to the last) or all new."""
    with engine_lock(system), TURN:
        old, new = _checked_sides(system, store, patch)
        files = tuple(rel for rel in sorted(old.keys() | new.keys()) if old.get(rel) != new.get(rel))
        backups, journal = BackupStore(system), Journal(system)
        if journal.applied(patch.id) is not None:
            raise ApplyError(
                f"patch {patch.id} stands applied already; to undo it: mendel patch rollback {patch.id}"
            )
        _require_base(system, old)
        changes = tuple(_change(system, backups, rel, old.get(rel), new.get(rel)) for rel in files)
        repository = Repository.around(system.root, files)
        record = journal.new("apply", patch.id, changes, missing_folders(system.root, _present(new, files)))
        record = Swap(system.root, backups, journal, step).run(record)
        commit = (
            repository.commit(f"Apply {patch.kind} {patch.id}\n\n{patch.rationale}") if repository else None
        )
        if commit is not None:
            journal.mark(record, "done", commit)
        return Applied(patch.id, record.id, files, commit)


def _checked_sides(
    system: System, store: BundleStore, patch: Patch
) -> tuple[dict[str, Item], dict[str, Item]]:
    """The two bundles of a patch, once it is certain that they are what was approved."""
    for digest in (patch.base, patch.bundle):
        if not store.verify(digest):
            raise ApplyError(f"bundle {digest[:12]} is damaged; make the patch again")
    if patch_digest(patch.base, patch.bundle, store.diff(patch.base, patch.bundle)) != patch.digest:
        raise ApplyError(f"patch {patch.id} is not what its digest {patch.digest[:12]} says; make it again")
    changed = store.changed(patch.base, patch.bundle)
    if not changed or set(changed) != set(patch.files):
        raise ApplyError(
            f"patch {patch.id} changes {', '.join(changed) or 'nothing'}, but names {', '.join(patch.files)}"
        )
    for rel in changed:
        if not system.editable(rel):
            raise ApplyError(f"{rel}: may not be changed; see [system] editable and frozen in {CONFIG_NAME}")
    return store.items(patch.base), store.items(patch.bundle)


def _require_base(system: System, base: Mapping[str, Item]) -> None:
    """Refuse where source that the patch was judged with is no longer there as it was."""
    now = set(system.source_files())
    for rel in sorted(now | base.keys()):
        if PurePosixPath(rel).suffix not in _CODE or rel == CONFIG_NAME:
            continue
        there = read_item(system.root / rel, rel) if rel in now else None
        if there != base.get(rel):
            raise ApplyError(
                f"{rel}: changed since the patch was made; put it back, or run again for a new patch"
            )


def _change(system: System, backups: BackupStore, rel: str, old: Item | None, new: Item | None) -> Change:
    """One file's way, both its sides put aside. The person's permission bits are kept."""
    seen = observe(system.root / rel)
    before = None if seen is None else seen[0]
    if (None if seen is None else seen[1]) != (None if old is None else old.data):
        raise ApplyError(
            f"{rel}: changed since the patch was made; put it back, or run again for a new patch"
        )
    if seen is not None:
        backups.put(seen[1])
    if new is None:
        return Change(rel, before, None)
    return Change(rel, before, FileState(backups.put(new.data), _mode(before, new)))


def _mode(before: FileState | None, new: Item) -> int:
    """The person's permission bits; execution follows reading where the patch turns it on."""
    if before is None:
        return (0o777 if new.executable else 0o666) & ~_umask()
    if new.executable == bool(before.mode & stat.S_IXUSR):
        return before.mode
    return before.mode | (before.mode & 0o444) >> 2 if new.executable else before.mode & ~0o111


def _umask() -> int:
    """The process's mask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _present(items: Mapping[str, Item], files: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(rel for rel in files if rel in items)
