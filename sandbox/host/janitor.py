"""Folders that are gone when this process is, however it ends.

``tempfile`` cleans up after an exception, but not after kill -9. A small process of its own, in a session of its own,
keeps the list; when its standard input closes, which the kernel does for a process that dies, it removes what is
left."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SCRIPT = """
import shutil, sys
kept = set()
for line in sys.stdin.buffer:
    sign, path = line[:1], line[1:-1]
    (kept.add if sign == b"+" else kept.discard)(path)
for path in kept:
    shutil.rmtree(path, ignore_errors=True)
"""
_END_SECONDS = 2.0
_lock = threading.Lock()
_janitor: tuple[int, subprocess.Popen[bytes]] | None = None


@contextmanager
def passing_folder(prefix: str, mode: int = 0o755) -> Iterator[Path]:
    """A new folder below the system's temporary one, removed at the end, even where this process is killed."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    _tell(b"+", folder)
    try:
        folder.chmod(mode)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _tell(b"-", folder)


def _tell(sign: bytes, folder: Path) -> None:
    raw = os.fsencode(folder)
    if b"\n" in raw:
        return  # a temporary folder of that name cannot be written down: it is cleaned up the usual way
    with _lock:
        process = _running()
        assert process.stdin is not None
        try:
            process.stdin.write(sign + raw + b"\n")
            process.stdin.flush()
        except BrokenPipeError:  # somebody ended it: the next folder gets a new one
            _forget()


def _running() -> subprocess.Popen[bytes]:
    """The janitor of this process: a fork of us makes its own."""
    global _janitor
    if _janitor is None or _janitor[0] != os.getpid() or _janitor[1].poll() is not None:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-c", _SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )
        if _janitor is None:
            atexit.register(_end)
        _janitor = (os.getpid(), process)
    return _janitor[1]


def _end() -> None:
    with _lock:
        if _janitor is not None and _janitor[0] == os.getpid():
            _forget()


def _forget() -> None:
    global _janitor
    if _janitor is None:
        return
    process, _janitor = _janitor[1], None
    assert process.stdin is not None
    try:
        process.stdin.close()
        process.wait(_END_SECONDS)
    except (
        BrokenPipeError,
        subprocess.TimeoutExpired,
    ):  # a fork of us may hold the pipe open: do not wait for it
        process.kill()
        process.wait()
