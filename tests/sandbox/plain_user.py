"""Runs a command as a plain user although we are root: ``plain_user.py UID HOME COMMAND...``.

An interpreter under a home that only root may enter is shown again at the same path, in a mount namespace of
this process, as it would be for a user who installed it."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEWNS, _BIND, _PRIVATE = 0x20000, 4096, (1 << 18) | 16384


def _mount(source: str, target: str, kind: str | None, flags: int, data: str | None) -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind, data)]
    if _LIBC.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]) < 0:
        raise OSError(ctypes.get_errno(), f"mount {source} on {target}")


def _closed_ancestor(path: Path) -> Path | None:
    """The topmost folder above ``path`` that others may not enter."""
    above = [folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001]
    return above[0] if above else None


def show(paths: list[Path]) -> None:
    """Make ``paths`` reachable for everyone, for this process and its children only."""
    closed = {path: ancestor for path in paths if (ancestor := _closed_ancestor(path)) is not None}
    if not closed:
        return
    if _LIBC.unshare(_NEWNS) < 0:
        raise OSError(ctypes.get_errno(), "unshare")
    _mount("none", "/", None, _PRIVATE, None)
    opened = {path: os.open(path, os.O_PATH) for path in closed}
    for ancestor in set(closed.values()):
        _mount("tmpfs", str(ancestor), "tmpfs", 0, "mode=755,size=1m")
    for path, descriptor in opened.items():
        path.mkdir(parents=True, exist_ok=True)
        _mount(f"/proc/self/fd/{descriptor}", str(path), None, _BIND, None)
        os.close(descriptor)


def main(uid: int, home: str, command: list[str]) -> None:
    """Never returns."""
    repo = Path(__file__).resolve().parent.parent.parent
    show([Path(os.path.realpath(sys.base_prefix)), Path(sys.prefix).resolve(), repo])
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    os.environ["HOME"] = home
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
