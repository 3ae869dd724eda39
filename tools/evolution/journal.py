"""The intent journal: what is about to be done to the person's files, on disk before it is begun.

One JSON file a transaction in ``.mendel/journal``, named so that they sort in time. A transaction whose state
is ``intent`` at the start of an engine was interrupted: see ``recover``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from tools.contracts import MendelError
from tools.evolution.backup import FileState, sync_folder, write_synced
from tools.system.system import System

State = Literal["intent", "done", "undone"]


class JournalError(MendelError):
    """The journal cannot be written or read."""


@dataclass(frozen=True)
class Change:
    """One file: what it was and what it becomes. None = no such file."""

    rel: str
    before: FileState | None
    after: FileState | None


@dataclass(frozen=True)
class Record:
    """One transaction. ``folders`` are those that it makes and ``spare`` those that it removes if they are
    empty then, both with parents first. ``commit`` is git's, if any."""

    id: str
    operation: Literal["apply", "rollback"]
    patch: str
    state: State
    time: str
    changes: tuple[Change, ...]
    folders: tuple[str, ...] = ()
    spare: tuple[str, ...] = ()
    commit: str | None = None


class Journal:
    """The transactions of one system."""

    def __init__(self, system: System) -> None:
        self.folder = system.state / "journal"

    def new(
        self,
        operation: Literal["apply", "rollback"],
        patch: str,
        changes: tuple[Change, ...],
        folders: tuple[str, ...] = (),
        spare: tuple[str, ...] = (),
    ) -> Record:
        """A record with the next free number, not yet written."""
        number = max((int(name.stem.split("-")[0]) for name in self._files()), default=0) + 1
        time = datetime.now(UTC).isoformat(timespec="microseconds")
        return Record(f"{number:06d}-{operation}", operation, patch, "intent", time, changes, folders, spare)

    def write(self, record: Record) -> Record:
        """Put a record on disk, whole or not at all, in place of its earlier state."""
        path = self.folder / f"{record.id}.json"
        fresh = self.folder / f".{record.id}"
        try:
            self.folder.mkdir(exist_ok=True)
            write_synced(fresh, json.dumps(asdict(record)).encode(), 0o600)
            fresh.replace(path)
            sync_folder(self.folder)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise JournalError(
                f"{path}: cannot be written ({error.strerror}); free space or mend rights"
            ) from error
        return record

    def mark(self, record: Record, state: State, commit: str | None = None) -> Record:
        """Note how a transaction stands."""
        return self.write(replace(record, state=state, commit=commit or record.commit))

    def records(self) -> list[Record]:
        """Every transaction, the oldest first."""
        return [_read(path) for path in self._files()]

    def applied(self, patch: str) -> Record | None:
        """The transaction by which ``patch`` stands applied now, None where it does not."""
        found: Record | None = None
        for record in self.records():
            if record.patch == patch and record.state == "done":
                found = record if record.operation == "apply" else None
        return found

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.json"))


def missing_folders(root: Path, rels: Iterable[str]) -> tuple[str, ...]:
    """Folders below ``root`` that must be made for the files ``rels``, parents first."""
    needed = {parent.as_posix() for rel in rels for parent in Path(rel).parents if parent != Path()}
    return tuple(sorted(name for name in needed if not os.path.lexists(root / name)))


def _read(path: Path) -> Record:
    try:
        body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        changes = tuple(Change(c["rel"], _state(c["before"]), _state(c["after"])) for c in body["changes"])
        lists = {name: tuple(body[name]) for name in ("folders", "spare")}
        return Record(**{**body, **lists, "changes": changes})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JournalError(f"{path}: this journal cannot be read ({error}); restore or remove it") from error


def _state(body: Mapping[str, Any] | None) -> FileState | None:
    return None if body is None else FileState(body["sha256"], body["mode"])
