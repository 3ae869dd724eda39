"""Runs a command on a machine without user namespaces: ``no_user_namespaces.py COMMAND...`` (as root). It is
this machine, seen from inside a user namespace in which no further ones may be made."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEWUSER = 0x10000000


def main(command: list[str]) -> int:
    """The command's exit code."""
    inside_ready, tell_outside = os.pipe()
    mapped, tell_inside = os.pipe()
    pid = os.fork()
    if pid == 0:
        if _LIBC.unshare(_NEWUSER) < 0:
            os._exit(97)
        os.write(tell_outside, b"1")
        os.read(mapped, 1)
        os.setgid(0)
        os.setuid(0)
        Path("/proc/sys/user/max_user_namespaces").write_text("0")
        os.execv(command[0], command)
    os.read(inside_ready, 1)
    for name in ("uid_map", "gid_map"):
        Path(f"/proc/{pid}/{name}").write_text("0 0 65536")
    os.write(tell_inside, b"1")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
