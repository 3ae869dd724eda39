"""Attacks on our own walls, run inside a child at the moment when only the wall under test can stop them.

Each check ends as one float: 1 contained, 0 breached, NaN not run. The host names the checks and gives the
canaries (a file, a TCP port, an abstract socket, a shared memory segment, its own pid)."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.child import linux
else:
    import _mendel_linux as linux

_DATA, _OUT = 3, 4
_FIRST_FREE = 7
_MB = 1 << 20
_MEMFD_CREATE, _PTRACE, _SHMGET = 319, 101, 29


def fails(action: Callable[[], Any], *numbers: int) -> bool:
    """Whether ``action`` raises OSError (with one of ``numbers``, if given)."""
    try:
        action()
    except OSError as error:
        return not numbers or error.errno in numbers
    return False


def _call(number: int, *arguments: Any) -> int:
    return linux.check(int(linux.libc.syscall(number, *arguments)), f"syscall {number}")


def _write(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def _connect(family: int, address: Any) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(0.5)
        client.connect(address)


class Results:
    """Collects the checks of one probing child; does nothing in a child that runs a candidate."""

    def __init__(self, canaries: Mapping[str, Any] | None) -> None:
        self._canaries = canaries
        self._found: dict[str, bool] = {}

    def namespaces(self) -> None:
        """Before any privilege is dropped: what only the namespaces and the root can stop."""
        canaries = self._canaries
        if canaries is None:
            return
        found = self._found
        found["host file"] = fails(lambda: open(canaries["file"]).close(), errno.ENOENT)  # noqa: PTH123
        found["proc"] = not os.path.exists("/proc/self")  # noqa: PTH110
        found["tcp"] = fails(lambda: _connect(socket.AF_INET, ("127.0.0.1", canaries["tcp"])))
        found["abstract socket"] = fails(lambda: _connect(socket.AF_UNIX, "\0" + canaries["abstract"]))
        found["shared memory"] = fails(lambda: _call(_SHMGET, canaries["shared_memory"], 0, 0), errno.ENOENT)
        found["first pid"] = os.getpid() == 1
        found["host pid"] = fails(lambda: os.kill(canaries["pid"], 0), errno.ESRCH)
        places = ("/pwned", "/system/pwned", f"{canaries['prefix']}/pwned")
        found["write outside"] = all(
            fails(partial(_write, path), errno.EROFS, errno.ENOENT) for path in places
        )
        found["uid"] = os.getuid() != 0 and os.geteuid() != 0 and fails(lambda: os.setuid(0))

    def privileges(self, limits: Mapping[str, Any]) -> None:
        """After the drop, before Landlock and the filter."""
        if self._canaries is None:
            return
        found = self._found
        mounting = fails(lambda: linux.mount("tmpfs", "/scratch", "tmpfs"), errno.EPERM)
        found["capabilities"] = linux.capabilities() == 0 and mounting
        found["no new privileges"] = linux.prctl(linux.PR_GET_NO_NEW_PRIVS) == 1
        found["memory"] = fails(lambda: mmap.mmap(-1, (int(limits["memory_mb"]) + 64) * _MB).close())
        found["descriptors limit"] = self._exhausts_descriptors()

    def files(self) -> None:
        """After Landlock, before the filter."""
        if self._canaries is None:
            return
        reading = fails(lambda: os.close(os.open("/canary", os.O_RDONLY)), errno.EACCES)
        self._found["landlock"] = reading and fails(lambda: os.listdir("/"), errno.EACCES)  # noqa: PTH208

    def finish(self, out: int, limits: Mapping[str, Any]) -> None:
        """Behind every wall; writes all checks to the sealed result."""
        canaries = self._canaries
        if canaries is None:
            return
        found = self._found
        found["system calls"] = self._filtered()
        found["seals"] = self._sealed()
        found["environment"] = set(os.environ) <= set(canaries["environment"])
        found["open descriptors"] = all(fails(partial(os.fstat, fd)) for fd in range(_FIRST_FREE, 64))
        found["scratch size"] = self._fills_scratch(int(limits["scratch_mb"]))
        found["processes"] = self._exhausts_threads(int(limits["processes"]))
        words = [float(found[name]) if name in found else float("nan") for name in canaries["checks"]]
        view = mmap.mmap(out, os.fstat(out).st_size)
        view[: len(words) * 8] = struct.pack(f"{len(words)}d", *words)

    def _filtered(self) -> bool:
        def fork() -> None:
            if os.fork() == 0:
                os._exit(0)

        return all(
            (
                fails(lambda: _call(_MEMFD_CREATE, b"x", 0), errno.EPERM),
                fails(lambda: _call(_PTRACE, 16, os.getppid(), 0, 0), errno.EPERM),
                fails(lambda: socket.socket().close(), errno.EPERM),
                fails(fork, errno.EPERM),
                fails(lambda: os.execv("/bin/true", ["true"]), errno.EPERM),
                fails(lambda: os.kill(1, 0), errno.EPERM),
                int(ctypes.CDLL(None).prctl(linux.PR_SET_DUMPABLE, 1, 0, 0, 0)) == -1,
            )
        )

    def _sealed(self) -> bool:
        return all(
            (
                fails(lambda: os.ftruncate(_OUT, 0)),
                fails(lambda: os.ftruncate(_OUT, 1 << 24)),
                fails(lambda: os.pwrite(_DATA, b"x", 0)),
                fails(lambda: mmap.mmap(_DATA, 8, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)),
            )
        )

    def _exhausts_descriptors(self) -> bool:
        held: list[int] = []
        try:
            while len(held) < 80:
                held.append(os.dup(0))
        except OSError:
            return True
        finally:
            for descriptor in held:
                os.close(descriptor)
        return False

    def _fills_scratch(self, scratch_mb: int) -> bool:
        block = b"x" * _MB
        written = 0
        try:
            with open("/scratch/fill", "wb", buffering=0) as handle:  # noqa: PTH123
                while written <= scratch_mb:
                    handle.write(block)
                    written += 1
        except OSError:
            return True
        finally:
            if os.path.exists("/scratch/fill"):  # noqa: PTH110
                os.unlink("/scratch/fill")  # noqa: PTH108
        return False

    def _exhausts_threads(self, processes: int) -> bool:
        gate = threading.Event()
        started: list[threading.Thread] = []
        threading.stack_size(65536)
        try:
            while len(started) <= processes:
                thread = threading.Thread(target=gate.wait, daemon=True)
                thread.start()
                started.append(thread)
        except RuntimeError:
            return True
        finally:
            gate.set()
            for thread in started:
                thread.join()
        return False
