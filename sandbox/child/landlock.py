"""Landlock: an allow-list of paths for this process and its descendants, by raw system calls."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.child import linux
else:
    import _mendel_linux as linux

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_MAKE_SOCK, _MAKE_FIFO, _MAKE_SYM = 1 << 9, 1 << 10, 1 << 12
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
READ = _READ_FILE | _READ_DIR
WRITE = READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _TRUNCATE
#: What a job may do in its own copy besides: links, sockets, pipes, renames between folders, running files.
WORK = WRITE | _EXECUTE | _MAKE_SOCK | _MAKE_FIFO | _MAKE_SYM | _REFER
RUN = READ | _EXECUTE
_FILE_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV


def version() -> int:
    """The kernel's Landlock ABI; 0 where it has none."""
    return max(0, int(linux.libc.syscall(_CREATE, None, ctypes.c_size_t(0), 1)))


def _handled(abi: int) -> tuple[int, int, int]:
    """(file rights, network rights, scopes) that this ABI can deny."""
    files = (1 << 13) - 1
    files |= _REFER if abi >= 2 else 0
    files |= _TRUNCATE if abi >= 3 else 0
    files |= _IOCTL_DEV if abi >= 5 else 0
    return files, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0


def restrict(rules: Iterable[tuple[str, int]], network: bool = False) -> None:
    """Allow ``rules`` (path, rights) and nothing else, from now on. Paths that are not there are skipped.
    ``network`` leaves TCP alone (a job may bind its own loopback). Raises OSError where Landlock is missing."""
    abi = version()
    if abi < 1:
        raise OSError(38, "this kernel has no Landlock")
    files, net, scopes = _handled(abi)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    attributes = struct.pack("QQQ", files, 0 if network else net, scopes)
    ruleset = linux.check(
        linux.libc.syscall(_CREATE, attributes, ctypes.c_size_t(size), 0), "landlock_create"
    )
    for path, rights in rules:
        _allow(ruleset, path, rights & files)
    linux.check(linux.libc.syscall(_RESTRICT, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    allowed = rights if os.path.isdir(path) else rights & _FILE_ONLY  # noqa: PTH112
    rule = struct.pack("=Qi", allowed, beneath)
    linux.check(linux.libc.syscall(_ADD, ruleset, 1, rule, 0), f"landlock_add_rule({path})")
    os.close(beneath)
