"""Runs as a job and tries to get out. Exit code 0: contained; 1: the output names what was not stopped."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWUSER, _ATTACH = 0x10000000, 16


def stopped(action: Callable[[], Any], *numbers: int) -> bool:
    """Whether ``action`` raises OSError (with one of ``numbers``, if given)."""
    try:
        action()
    except OSError as error:
        return not numbers or error.errno in numbers
    return False


def _call(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "call")


def _connect(family: int, address: Any) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(0.5)
        client.connect(address)


def _write_in(folder: str) -> None:
    Path(folder, "pwned").write_text("x")


def _forks() -> bool:
    pid = os.fork()
    if pid == 0:
        os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7


def main() -> int:
    """Attack, and say what was not stopped."""
    canaries = json.loads(Path("canaries.json").read_text())
    checks = {
        "host file": stopped(lambda: Path(canaries["file"]).read_text(), errno.ENOENT, errno.EACCES),
        "tcp": stopped(lambda: _connect(socket.AF_INET, ("127.0.0.1", canaries["tcp"]))),
        "abstract socket": stopped(lambda: _connect(socket.AF_UNIX, "\0" + canaries["abstract"])),
        "shared memory": stopped(lambda: _call(_LIBC.shmget(canaries["shared_memory"], 0, 0))),
        "first pid": os.getppid() in (0, 1) and stopped(lambda: os.kill(canaries["pid"], 0)),
        "ptrace": stopped(lambda: _call(_LIBC.ptrace(_ATTACH, 1, 0, 0)), errno.EPERM),
        "user namespace": stopped(lambda: _call(_LIBC.unshare(_CLONE_NEWUSER)), errno.EPERM),
        "uid": os.geteuid() != 0 and stopped(lambda: os.setuid(0)),
        "landlock": stopped(lambda: Path("/canary").read_text(), errno.EACCES),
        "read-only": all(stopped(partial(_write_in, folder)) for folder in ("/", "/usr", sys.prefix)),
        "environment": set(os.environ) <= set(canaries["environment"]),
        "fork works": _forks(),
    }
    fallen = [name for name, held in checks.items() if not held]
    sys.stdout.write(f"not stopped: {', '.join(fallen)}\n" if fallen else "held\n")
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main())
