"""The second profile: commands that must fork and exec (the system's tests, its dashboards), never a score."""

from __future__ import annotations

import base64
import json
import os
import selectors
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from sandbox.host import memory
from sandbox.host.contracts import Job, JobResult, Layer, SandboxPlace, Status
from sandbox.host.interpreter import Interpreter, SandboxError, inspect_interpreter
from sandbox.host.janitor import passing_folder
from sandbox.host.request import is_bundle_hash
from sandbox.host.text import clean, one_line
from sandbox.host.zygote import child_environment, free_uid

_LAUNCHER = Path(__file__).resolve().parent.parent / "child" / "job.py"
_START_FOLDER = "/opt/job/start"
_DISK_MB, _PROCESSES = 512, 256
_END_SECONDS = 5.0
_proof_lock = threading.Lock()
_proofs: dict[Path, Layer] = {}


def run_job(place: SandboxPlace, job: Job) -> JobResult:
    """Run a command in a throw-away copy of the bundle and wait for its end.

    ``status`` is ``ok`` when the command ended by itself, whatever its exit code; ``timeout`` when it and all
    that it started were killed at the deadline; ``crashed`` when it died of a signal; ``rejected`` when it is
    badly asked; ``refused`` when isolation cannot be proven; ``infrastructure`` when it could not be started.
    Files that are too large (``job.file_bytes``, together ``job.total_bytes``) are not brought back; ``reason`` names them."""
    wrong = _why_not(place, job)
    if wrong is not None:
        return JobResult(Status.REJECTED, wrong, None, "")
    proof = prove_jobs(place)
    if not proof.ok:
        return JobResult(Status.REFUSED, f"{proof.name}: {proof.detail}; {proof.remedy}", None, "")
    return _run(place, job)


def prove_jobs(place: SandboxPlace) -> Layer:
    """The outcome of attacking this profile, once for each process and interpreter."""
    with _proof_lock:
        if place.python not in _proofs:
            _proofs[place.python] = jobs_layer(place)
        return _proofs[place.python]


def jobs_layer(place: SandboxPlace) -> Layer:
    """Attack the jobs' profile now: a script that tries to get out, with canaries on the host."""
    from sandbox.host.selftest import host_canaries, on_linux

    if not on_linux():
        return Layer("jobs", False, f"this is {sys.platform}: jobs need Linux", "run Mendel on Linux")
    script = (Path(__file__).resolve().parent.parent / "child" / "job_probe.py").read_text()
    with passing_folder("mendel-selftest-") as folder, host_canaries() as canaries:
        bundle = folder / ("0" * 64)
        bundle.mkdir()
        (bundle / "probe.py").write_text(script)
        (bundle / "canaries.json").write_text(json.dumps(canaries))
        job = Job(bundle.name, ("python", "-I", "-S", "probe.py"), wall_seconds=30.0)
        result = _run(SandboxPlace(folder, place.python), job)
    held = result.status is Status.OK and result.exit_code == 0
    if held:
        return Layer("jobs", True, "held")
    detail = (
        one_line(result.output, 300) if result.exit_code == 1 else f"could not be tested ({result.reason})"
    )
    return Layer("jobs", False, detail, "allow user namespaces; use a Linux kernel with Landlock and seccomp")


def _why_not(place: SandboxPlace, job: Job) -> str | None:
    if not is_bundle_hash(job.bundle) or not (place.bundles / job.bundle).is_dir():
        return f"no bundle {one_line(job.bundle, 80)!r} in {place.bundles}"
    if not job.command:
        return "a job needs a command"
    for name in (*job.extra, *job.extra_bytes, *job.collect):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
            return f"{one_line(name, 80)!r} is not a path inside the copy"
    return None


@dataclass
class _Output:
    """The first quarter and the last three quarters of what fits; the middle is left out."""

    limit: int
    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    dropped: int = 0

    def add(self, block: bytes) -> None:
        """Take one block from the pipe."""
        room = self.limit // 4 - len(self.head)
        self.head += block[: max(0, room)]
        self.tail += block[max(0, room) :]
        most = self.limit - self.limit // 4
        if len(self.tail) > most:
            self.dropped += len(self.tail) - most
            del self.tail[: len(self.tail) - most]

    def text(self) -> str:
        """Harmless text."""
        gap = f"\n[... {self.dropped} bytes left out ...]\n" if self.dropped else ""
        both = (bytes(part).decode("utf-8", "replace") for part in (self.head, self.tail))
        head, tail = both
        return clean(head + gap + tail, self.limit + len(gap))


def _run(place: SandboxPlace, job: Job) -> JobResult:
    started = time.monotonic()
    output = _Output(job.output_bytes)
    result = os.memfd_create("result", os.MFD_CLOEXEC)
    try:
        with _launched(place, job, result) as (process, control):
            in_time = _follow(process, control, output, started + job.wall_seconds)
            if not in_time:  # wait until they are really gone: all of them held the pipe
                process.kill()
                _follow(process, control, _Output(0), time.monotonic() + _END_SECONDS)
            answer = _answer(control) if in_time else None
        wall_ms = (time.monotonic() - started) * 1e3
        return _judge(job, answer, in_time, output.text(), result, wall_ms)
    except SandboxError as error:
        return JobResult(Status.INFRASTRUCTURE, str(error), None, "")
    finally:
        os.close(result)


@contextmanager
def _launched(
    place: SandboxPlace, job: Job, result: int
) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    """The launcher, killed with everything below it in the end."""
    interpreter = inspect_interpreter(place.python)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    setup = memory.filled("setup", json.dumps(_setup(place, job, interpreter)).encode())
    numbers = [theirs.fileno(), setup, result]
    with ours:
        try:
            process = subprocess.Popen(
                [interpreter.executable, "-I", "-S", "-B", str(_LAUNCHER), *map(str, numbers)],
                env=child_environment(),
                pass_fds=numbers,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
            )
        finally:
            theirs.close()
            os.close(setup)
        with process:
            try:
                yield process, ours
            finally:
                process.kill()


def _setup(place: SandboxPlace, job: Job, interpreter: Interpreter) -> dict[str, Any]:
    command = list(job.command)
    if command[0] in ("python", "python3"):
        command[0] = interpreter.executable
    programs = f"/opt/job/bin:{Path(interpreter.executable).parent}"
    environment = {
        **child_environment(),
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
        "HOME": "/home",
        "TMPDIR": "/tmp",
        "NUMBA_CACHE_DIR": "/tmp",
        "MPLCONFIGDIR": "/tmp",
        **job.environment,
    }
    asked = _start_variables(job)
    if asked:
        paths = [_START_FOLDER, environment.get("PYTHONPATH", "")]
        environment |= {**asked, "PYTHONPATH": ":".join(filter(None, paths))}
    return {
        "start_scripts": _start_scripts() if asked else {},
        "uid": free_uid(),
        "readonly": interpreter.program_folders(),
        "bundle": os.path.realpath(place.bundles / job.bundle),
        "command": command,
        "python_script": f'#!/bin/sh\nexec {shlex.quote(interpreter.executable)} "$@"\n',
        "environment": environment,
        "extra": dict(job.extra),
        "extra_bytes": {n: base64.b64encode(data).decode() for n, data in job.extra_bytes.items()},
        "collect": list(job.collect),
        "memory_mb": job.memory_mb,
        "cpu_seconds": int(job.wall_seconds * 2) + 1,
        "disk_mb": _DISK_MB,
        "processes": _PROCESSES,
        "file_bytes": job.file_bytes,
        "total_bytes": job.total_bytes,
    }


def _start_variables(job: Job) -> dict[str, str]:
    """What tells the job's Python programs about their clock and stubs."""
    clock = {} if job.clock_ns is None else {"JOB_CLOCK_NS": str(job.clock_ns)}
    return {**clock, **({"JOB_STUBS": ",".join(job.stubs)} if job.stubs else {})}


def _start_scripts() -> dict[str, str]:
    """Name in the folder that is first on the job's PYTHONPATH -> text."""
    files = {"sitecustomize": "job_start", "_mendel_frozen_clock": "frozen_clock", "_mendel_stubs": "stubs"}
    return {
        f"{name}.py": _LAUNCHER.with_name(f"{file}.py").read_text(encoding="utf-8")
        for name, file in files.items()
    }


def _follow(
    process: subprocess.Popen[bytes], control: socket.socket, output: _Output, deadline: float
) -> bool:
    """Read the output until all of the job's world has ended; False if the deadline came first."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if selector.select(left):
                block = os.read(process.stdout.fileno(), 65536)
                if not block:
                    return True
                output.add(block)


def _answer(control: socket.socket) -> dict[str, Any] | None:
    """What the job's first process (our own code, out of the command's reach) said last."""
    control.settimeout(5.0)
    try:
        raw = control.recv(65536)
    except OSError:
        return None
    answer: dict[str, Any] | None = json.loads(raw) if raw else None
    return answer


def _judge(
    job: Job, answer: Mapping[str, Any] | None, in_time: bool, output: str, result: int, wall_ms: float
) -> JobResult:
    if not in_time:
        reason = f"not finished after {job.wall_seconds:g} s: killed with all that it started"
        return JobResult(Status.TIMEOUT, reason, None, output, {}, wall_ms)
    if answer is None or "setup" in answer:
        why = one_line(str(answer["setup"])) if answer else "it ended without an answer"
        return JobResult(Status.INFRASTRUCTURE, f"the job could not be run: {why}", None, output, {}, wall_ms)
    files, missing = _files(job, answer["sizes"], result)
    status = int(answer["status"])
    if answer["memory"]:
        reason = f"its processes used more than {job.memory_mb} MB together: killed"
        return JobResult(Status.CRASHED, reason, None, output, files, wall_ms)
    if os.WIFSIGNALED(status):
        reason = f"the command died of signal {os.WTERMSIG(status)}"
        return JobResult(Status.CRASHED, reason, None, output, files, wall_ms)
    return JobResult(Status.OK, missing, os.WEXITSTATUS(status), output, files, wall_ms)


def _files(job: Job, sizes: list[int | None], result: int) -> tuple[dict[str, bytes], str]:
    files, large, at = {}, [], 0
    for name, size in zip(job.collect, sizes, strict=True):
        if size is None:
            continue
        if size < 0:
            large.append(name)
            continue
        files[name] = os.pread(result, size, at)
        at += size
    return files, f"too large to bring back: {', '.join(large)}" if large else ""
