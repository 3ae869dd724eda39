"""A system's own folder is read-only here, and many write into it when they are imported (logs, caches, state).

What they write goes to the scratch folder instead, and is read back from there; files that they name from the current
folder are found, too. This is a convenience and no wall: nothing becomes writable or readable that was not. Standard
library only."""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable
from typing import Any

_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
#: The scratch folder has room for so many names.
_MOST_LINKS = 200
_mkdir, _stat = os.mkdir, os.stat


def link(system: str, scratch: str) -> None:
    """The current folder shows what is in ``system``, as links: a name that is written relative is found."""
    for name in sorted(os.listdir(system))[:_MOST_LINKS]:  # noqa: PTH208
        os.symlink(f"{system}/{name}", f"{scratch}/{name}")  # noqa: PTH211


def install(system: str, scratch: str) -> None:
    """From now on writing below ``system`` goes to ``scratch``/.own."""
    own = f"{scratch}/.own"
    builtins.open = io.open = _redirected(builtins.open, system, own)
    os.open = _redirected(os.open, system, own)
    os.mkdir = _redirected(os.mkdir, system, own)
    os.stat = _redirected(os.stat, system, own)


def _mirror(path: Any, system: str, own: str) -> str | None:
    """Where a path of the system's folder lies in the scratch folder; None for paths elsewhere."""
    if not isinstance(path, (str, os.PathLike)):
        return None
    text = os.fspath(path)
    if not isinstance(text, str):
        return None
    whole = os.path.abspath(text)  # noqa: PTH100
    if not whole.startswith(
        system + "/"
    ):  # a relative name may lead there by the links of the current folder
        whole = os.path.realpath(whole)
    return own + whole[len(system) :] if whole.startswith(system + "/") else None


def _redirected(function: Callable[..., Any], system: str, own: str) -> Callable[..., Any]:
    """The same function, on the mirror of a path where that is there already, or is the only place for it."""

    def call(path: Any, *args: Any, **kwargs: Any) -> Any:
        mirror = _mirror(path, system, own)
        if mirror is None:
            return function(path, *args, **kwargs)
        if _there(mirror):
            return function(mirror, *args, **kwargs)
        try:
            return function(path, *args, **kwargs)
        except OSError as error:
            if error.errno in _READ_ONLY:
                _parents(mirror)
            elif error.errno != errno.ENOENT or not _there(os.path.dirname(mirror)):  # noqa: PTH120
                raise
            return function(mirror, *args, **kwargs)

    return call


def _there(path: str) -> bool:
    try:
        _stat(path)
    except OSError:
        return False
    return True


def _parents(mirror: str) -> None:
    """Make the folders above a path."""
    parts = mirror.split("/")
    for depth in range(3, len(parts)):
        folder = "/".join(parts[:depth])
        if not _there(folder):
            _mkdir(folder)
