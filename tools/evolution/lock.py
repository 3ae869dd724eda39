"""One engine at a time on one system. The kernel releases the lock of a process that dies, however it dies."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from tools.contracts import MendelError
from tools.system.system import System


class LockedError(MendelError):
    """Another engine works on this system."""


@contextmanager
def engine_lock(system: System) -> Iterator[None]:
    """Hold the system's lock. Entering again in the same process, from any thread, is fine: it is let go when
    the outermost is left. Raises LockedError, at once, where another process holds it."""
    holder = system.state / "engine.json"
    # One object for each file and process, counted: nested holders do not block each other.
    lock = FileLock(system.state / "engine.lock", thread_local=False, is_singleton=True)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise LockedError(
            f"another Mendel engine works on {system.name} ({_who(holder)}); wait or stop it"
        ) from error
    except OSError as error:
        raise LockedError(f"{system.state}: cannot be locked ({error.strerror}); make it writable") from error
    try:
        if lock.lock_counter == 1:
            _sign(holder)
        yield
    finally:
        lock.release()


def _sign(holder: Path) -> None:
    try:
        holder.write_text(json.dumps({"pid": os.getpid(), "since": _now()}), encoding="utf-8")
    except OSError as error:
        raise LockedError(
            f"{holder}: cannot be written ({error.strerror}); free space or mend rights"
        ) from error


def _who(holder: Path) -> str:
    """What the holder wrote about itself; it may be writing it just now."""
    try:
        note = json.loads(holder.read_text(encoding="utf-8"))
        return f"pid {int(note['pid'])} since {note['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "it has just started"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
