"""Carries out a journalled transaction on the person's files: all of it, or none of it.

Everything is written beside the files first, where a full disk or a missing right shows itself; then the files
are renamed into place one by one. Whatever stops that in the middle is undone at once or, after a crash, by
``recover``: each step may be repeated.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tools.contracts import MendelError
from tools.evolution.backup import BackupStore, FileState, state_of, sync_folder, write_synced
from tools.evolution.journal import Change, Journal, Record

#: Told of each step as it is taken, for progress and for tests that stop it there.
Step = Callable[[str], None]


def no_step(_: str) -> None:
    """Nobody is told."""


class SwapError(MendelError):
    """The files could not be changed; they are as they were."""


class Swap:
    """The files of one system being changed."""

    def __init__(self, root: Path, backups: BackupStore, journal: Journal, step: Step = no_step) -> None:
        self.root, self.backups, self.journal, self.step = root, backups, journal, step

    def run(self, record: Record) -> Record:
        """Write the intent, change the files, note that it is done. On any failure, an interrupt among them,
        the files are put back before it is raised; OSError becomes SwapError."""
        self.journal.write(record)
        try:
            self.step("journal")
            self._stage(record)
            for change in record.changes:
                self._take(record, change)
                self.step(f"renamed {change.rel}")
            self._remove_folders(record.spare)
            done = self.journal.mark(record, "done")
        except OSError as error:
            self._undo_now(record)
            place = error.filename or self.root
            raise SwapError(
                f"{place}: {error.strerror}; nothing was changed: free space or mend rights, try again"
            ) from error
        except BaseException:
            self._undo_now(record)
            raise
        self.step("done")
        return done

    def undo(self, record: Record) -> list[str]:
        """Put every file back as it was before ``record``. Names those that someone else has changed since:
        they are left alone."""
        self._clean(record)  # first: it may free the space that is needed
        self._make_folders(record.spare)
        kept = [
            change.rel
            for change in record.changes
            if not self._move(record, change, change.after, change.before)
        ]
        self._remove_folders(record.folders)
        self.journal.mark(record, "undone")
        return kept

    def _undo_now(self, record: Record) -> None:
        try:
            self.undo(record)
        except OSError as error:
            raise SwapError(
                f"{error.filename}: {error.strerror}; free space or mend rights, then start Mendel: it puts the files back"
            ) from error

    def finish(self, record: Record) -> list[str]:
        """Carry an interrupted transaction to its end. Names the files that someone else has changed since."""
        self._clean(record)
        self._make_folders(record.folders)
        kept = [
            change.rel
            for change in record.changes
            if not self._move(record, change, change.before, change.after)
        ]
        self._remove_folders(record.spare)
        self.journal.mark(record, "done")
        return kept

    def _stage(self, record: Record) -> None:
        """Write every new file beside its place and wait until it is on disk."""
        self._make_folders(record.folders)
        for change in record.changes:
            if change.after is not None and change.before != change.after:
                self._write_beside(record, change.rel, change.after)
            elif change.before is not None and not os.access((self.root / change.rel).parent, os.W_OK):
                raise PermissionError(13, "not writable", str((self.root / change.rel).parent))
            self.step(f"staged {change.rel}")

    def _take(self, record: Record, change: Change) -> None:
        """Rename one staged file into place, or delete the file, unless somebody just changed it."""
        path = self.root / change.rel
        if state_of(path) != change.before:
            raise SwapError(
                f"{change.rel}: changed while the patch was being applied; nothing was changed, try again"
            )
        if change.before == change.after:
            return
        if change.after is None:
            path.unlink()
        else:
            self._beside(record, change.rel).replace(path)
        sync_folder(path.parent)

    def _move(
        self, record: Record, change: Change, source: FileState | None, target: FileState | None
    ) -> bool:
        """Bring one file from ``source`` to ``target``; False where it is neither."""
        path = self.root / change.rel
        now = state_of(path)
        if now == target:
            return True
        if now != source:
            return False
        if target is None:
            path.unlink()
        else:
            self._write_beside(record, change.rel, target)
            self._beside(record, change.rel).replace(path)
        sync_folder(path.parent)
        return True

    def _write_beside(self, record: Record, rel: str, state: FileState) -> None:
        """The new file, owned by whoever owns the old one (root may run the engine on a person's files)."""
        beside, path = self._beside(record, rel), self.root / rel
        write_synced(beside, self.backups.get(state.sha256), state.mode)
        owner = (path if path.exists() else path.parent).stat()
        if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
            with suppress(PermissionError):
                os.chown(beside, owner.st_uid, owner.st_gid)
                beside.chmod(state.mode)  # a change of owner may clear bits

    def _beside(self, record: Record, rel: str) -> Path:
        """Where a file's new bytes wait: the same name each time, so that a crash leaves nothing unknown."""
        mark = hashlib.sha256(os.fsencode(rel)).hexdigest()[:12]
        return (self.root / rel).with_name(f".mendel-{record.id}-{mark}")

    def _clean(self, record: Record) -> None:
        """Remove what was staged and not taken."""
        for change in record.changes:
            self._beside(record, change.rel).unlink(missing_ok=True)

    def _make_folders(self, folders: tuple[str, ...]) -> None:
        for name in folders:
            folder = self.root / name
            folder.mkdir(exist_ok=True)
            sync_folder(folder.parent)

    def _remove_folders(self, folders: tuple[str, ...]) -> None:
        """Remove the folders that were made, unless someone has put something there."""
        for name in reversed(folders):
            with suppress(OSError):
                (self.root / name).rmdir()
