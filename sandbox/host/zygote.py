"""The host's handle on one zygote: start it, send it evaluations, never wait for it without a deadline."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.host.contracts import SandboxPlace
from sandbox.host.interpreter import Interpreter, inspect_interpreter
from sandbox.host.text import one_line

_WORKER = Path(__file__).resolve().parent.parent / "child" / "worker.py"
_ROOT = _WORKER.parent.parent.parent
#: Not to be imported by a candidate where we live among the system's own packages.
_OUR_PACKAGES = ("mendel", "agents", "tools", "memory", "sandbox", "lab")
_START_SECONDS = 60.0
_GRACE_SECONDS = 5.0
_MAX_MESSAGE = 65536
#: Passed through where the person set them: they choose numerical kernels.
_PASSED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
_uid_lock = threading.Lock()
_uid_count = 0


class ZygoteDeadError(Exception):
    """The zygote ended, hung or could not start. The message says which."""


class JailError(ZygoteDeadError):
    """The jail could not be closed: this machine does not offer a wall."""


class PackagesError(ZygoteDeadError):
    """The system's environment lacks numpy or pandas."""


@dataclass(frozen=True)
class ZygoteSetup:
    """How a zygote is to be made. ``omit`` leaves walls out, for the self-test's own test only."""

    place: SandboxPlace
    jailed: bool = True
    omit: frozenset[str] = frozenset()
    hash_seed: int = 0


def child_environment(hash_seed: int = 0) -> dict[str, str]:
    """The whole environment of a zygote: nothing of the host's but the choice of numerical kernels."""
    fixed = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/scratch",
        "TMPDIR": "/scratch",
        "NUMBA_CACHE_DIR": "/scratch",
        "MPLCONFIGDIR": "/scratch",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": str(hash_seed),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NUMEXPR_MAX_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }
    return {**fixed, **{name: os.environ[name] for name in _PASSED if name in os.environ}}


def free_uid() -> int | None:
    """An unprivileged uid that nobody else uses, for a host that runs as root; None for a plain user (who
    keeps its own). Distinct between zygotes, so that they cannot signal or count against each other."""
    global _uid_count
    if os.geteuid() != 0:
        return None
    with _uid_lock:
        _uid_count += 1
        number = _uid_count
    top = _highest_mapped()
    if top >= 2_000_000_000:
        return 1_000_000_000 + (os.getpid() % 4_000_000) * 200 + number % 200
    return max(1, top - 1 - (os.getpid() * 7 + number) % max(1, min(1000, top // 2)))


def _highest_mapped() -> int:
    """The largest uid that exists in this user namespace."""
    rows = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return max(int(first) + int(count) - 1 for first, _, count in rows)


def _last_line(complaints: int) -> str:
    """The end of what an interpreter that failed to start wrote to its standard error."""
    text = os.pread(complaints, 4000, max(0, os.fstat(complaints).st_size - 4000)).decode("utf-8", "replace")
    return one_line(text.strip().rpartition("\n")[2], 200)


@dataclass
class Zygote:
    """One running zygote. Not thread-safe: one evaluation at a time."""

    process: subprocess.Popen[bytes]
    control: socket.socket
    report: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def start(cls, setup: ZygoteSetup) -> Zygote:
        """Start and wait until it is warm. Raises ZygoteDeadError with the reason."""
        interpreter = inspect_interpreter(setup.place.python)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        complaints = os.memfd_create("complaints", os.MFD_CLOEXEC)
        with theirs:
            command = [interpreter.executable, "-I", "-S", "-B", str(_WORKER), str(theirs.fileno())]
            process = subprocess.Popen(
                command,
                env=child_environment(setup.hash_seed),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                cwd="/",
                start_new_session=True,
            )
        zygote = cls(process, ours)
        try:
            zygote._greet(setup, interpreter)
        except ZygoteDeadError as error:
            zygote.kill()
            last = _last_line(complaints)
            raise type(error)(f"{error} ({last})" if last else str(error)) from error
        except BaseException:
            zygote.kill()
            raise
        finally:
            os.close(complaints)
        return zygote

    def _greet(self, setup: ZygoteSetup, interpreter: Interpreter) -> None:
        first = {
            "jailed": setup.jailed,
            "omit": sorted(setup.omit),
            "readonly": interpreter.library_folders(),
            "bundles": os.path.realpath(setup.place.bundles),
            "uid": free_uid(),
            "site": interpreter.packages,
            "hidden": _OUR_PACKAGES if str(_ROOT) in map(os.path.realpath, interpreter.packages) else (),
            "prefix": interpreter.prefix,
        }
        self._send(json.dumps(first).encode(), ())
        self.report = self._receive(_START_SECONDS)
        if not self.report.get("ready"):
            why = str(self.report.get("why", "no reason given"))
            raise (PackagesError if self.report.get("stage") == "packages" else JailError)(why)
        if setup.jailed and self.report["threads"] != 1:
            raise ZygoteDeadError(f"importing numpy and pandas started {self.report['threads'] - 1} threads")

    def run(self, descriptors: Sequence[int], wall_seconds: float) -> dict[str, Any]:
        """One child: request, data, out, log, reason and perhaps replay. Raises ZygoteDeadError when the
        zygote died or did not answer in time; it must then be killed."""
        self.begin(descriptors, wall_seconds)
        return self.end(wall_seconds)

    def begin(self, descriptors: Sequence[int], wall_seconds: float) -> None:
        """Start one child and do not wait for it."""
        self._send(b"run %r" % float(wall_seconds), descriptors)

    def stop(self) -> None:
        """Kill the child that was begun; ``end`` tells of it."""
        self._send(b"stop", ())

    def end(self, wall_seconds: float) -> dict[str, Any]:
        """How the child that was begun has ended."""
        return self._receive(wall_seconds + _GRACE_SECONDS)

    def _send(self, message: bytes, descriptors: Sequence[int]) -> None:
        try:
            if descriptors:
                socket.send_fds(self.control, [message], list(descriptors))
            else:
                self.control.send(message)
        except OSError as error:
            raise ZygoteDeadError(f"the zygote is gone: {error}") from error

    def _receive(self, seconds: float) -> dict[str, Any]:
        self.control.settimeout(seconds)
        try:
            raw = self.control.recv(_MAX_MESSAGE)
        except TimeoutError as error:
            raise ZygoteDeadError(f"the zygote did not answer within {seconds:g} s") from error
        except OSError as error:
            raise ZygoteDeadError(f"the zygote is gone: {error}") from error
        if not raw:
            raise ZygoteDeadError("the zygote died")
        answer: dict[str, Any] = json.loads(raw)
        return answer

    def kill(self) -> None:
        """End it now; its child dies with it."""
        self.process.kill()
        self.close()

    def close(self) -> None:
        """Hang up and wait for its end."""
        with contextlib.suppress(OSError):  # said aloud, since a fork of this process may hold the line open
            self.control.send(b"end")
        self.control.close()
        deadline = time.monotonic() + _GRACE_SECONDS
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
