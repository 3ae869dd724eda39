"""Bytes put aside before a file is changed: content-addressed, on disk before anything else happens."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.contracts import MendelError
from tools.system.system import System


class BackupError(MendelError):
    """Bytes could not be put aside, or what was put aside is not what it was."""


@dataclass(frozen=True)
class FileState:
    """What a file is: the sha256 of its bytes and its permission bits."""

    sha256: str
    mode: int


def observe(path: Path) -> tuple[FileState, bytes] | None:
    """A file's state and bytes, None where there is no file. Raises BackupError where it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read()
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BackupError(f"{path}: cannot be read ({error.strerror}); make it a readable file") from error
    return FileState(hashlib.sha256(data).hexdigest(), mode), data


def state_of(path: Path) -> FileState | None:
    """A file's state, None where there is no file."""
    seen = observe(path)
    return None if seen is None else seen[0]


def sync_folder(folder: Path) -> None:
    """Make sure that names made or removed in ``folder`` are on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_synced(path: Path, data: bytes, mode: int) -> None:
    """Write a new file and wait until it is on disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())


class BackupStore:
    """The blobs of one system, ``.mendel/blobs/<sha256>``. They are never changed and never removed here."""

    def __init__(self, system: System) -> None:
        self.folder = system.state / "blobs"

    def put(self, data: bytes) -> str:
        """Keep bytes; their sha256. They are on disk when this returns."""
        digest = hashlib.sha256(data).hexdigest()
        target = self.folder / digest
        fresh = self.folder / f".{digest}.{os.getpid()}"
        try:
            self.folder.mkdir(exist_ok=True)
            if state_of(target) is None or not self.has(digest):
                write_synced(fresh, data, 0o600)
                fresh.replace(target)
                sync_folder(self.folder)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise BackupError(
                f"{self.folder}: no backup possible ({error.strerror}); nothing was changed"
            ) from error
        return digest

    def has(self, digest: str) -> bool:
        """Whether the bytes are there and whole."""
        seen = observe(self.folder / digest)
        return seen is not None and seen[0].sha256 == digest

    def get(self, digest: str) -> bytes:
        """The bytes, checked. Raises BackupError where they are gone or damaged."""
        seen = observe(self.folder / digest)
        if seen is None or seen[0].sha256 != digest:
            what = "is missing" if seen is None else "is damaged"
            raise BackupError(
                f"{self.folder / digest}: this backup {what}; restore the file from version control"
            )
        return seen[1]

    def prove(self, states: Mapping[str, FileState | None], root: Path) -> None:
        """Restore every file into a throw-away folder and compare it with the one under ``root``, byte for
        byte and mode for mode. Raises BackupError naming the file that does not come back."""
        with tempfile.TemporaryDirectory(prefix="proof-", dir=self.folder.parent) as name:
            for number, (rel, state) in enumerate(states.items()):
                restored = Path(name) / str(number)
                if state is not None:
                    write_synced(restored, self.get(state.sha256), state.mode)
                if observe(restored) != observe(root / rel):
                    raise BackupError(
                        f"{rel}: does not come back from its backup as it is; it changed meanwhile, try again"
                    )
