"""The command ``mendel`` without its start-up: forks of one process that has imported everything.

Each command still has a process of its own, with the real entry point, its own output files, exit code and end; only
the seconds of importing, the same each time, are saved. Where the process itself is tested (signals, a terminal,
start-up, walls), a test starts ``python -m mendel`` instead."""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
_LONGEST = 1 << 17
#: Neither onnxruntime nor chromadb: their threads would not survive the fork.
EVERYTHING = (
    "agents.cycle",
    "agents.learning_transfer",
    "langgraph.checkpoint.sqlite",
    "langgraph.graph",
    "memory.knowledge_upkeep",
    "mendel.cli",
    "mendel.report.page",
    "pyarrow.parquet",
    "scipy.stats",
    "tools.statistics.drift",
)


class WarmCommand:
    """Runs commands one after the other. The process starts with the first and ends with the tests."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._line: socket.socket | None = None

    def run(
        self, arguments: list[str], cwd: Path | None, seconds: float, typed: str = ""
    ) -> tuple[int, str, str]:
        """Exit code (negative: the signal that ended it), standard output, standard error. ``typed`` is its input."""
        line = self._line or self._start()
        line.settimeout(seconds)
        with (
            tempfile.TemporaryFile() as given,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            given.write(typed.encode())
            given.seek(0)
            request = {"arguments": arguments, "cwd": str(cwd or Path.cwd())}
            socket.send_fds(
                line, [json.dumps(request).encode()], [given.fileno(), out.fileno(), err.fileno()]
            )
            pid = int(line.recv(_LONGEST))
            try:
                code = int(line.recv(_LONGEST))
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                line.recv(_LONGEST)
                raise AssertionError(
                    f"{arguments} took more than {seconds} s: {_text(err)[-2000:]}"
                ) from None
            return code, _text(out), _text(err)

    def _start(self) -> socket.socket:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        atexit.register(_stop, self._line, process)
        return self._line


def _stop(line: socket.socket, process: subprocess.Popen[bytes]) -> None:
    line.close()
    process.wait(60)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _import_everything() -> None:
    """What the commands import when they run, and the compiled simulator. A fork's last act would be to collect all
    that: it is told to let it be."""
    for name in EVERYTHING:
        importlib.import_module(name)
    from mendel.install import warm

    warm()
    gc.collect()
    gc.freeze()


def _next_request(line: socket.socket) -> dict[str, object]:
    """Waits and forks; returns in a fork only, with what it has to do, its output in the caller's files."""
    while True:
        message, files, _, _ = socket.recv_fds(line, _LONGEST, 3)
        if not message:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            line.close()
            for number, file in enumerate(files):
                os.dup2(file, number)
                os.close(file)
            return dict(json.loads(message))
        for file in files:
            os.close(file)
        line.send(str(pid).encode())
        line.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


def _main(descriptor: int) -> None:
    sys.path.insert(0, str(ROOT))
    _import_everything()
    request = _next_request(socket.socket(fileno=descriptor))
    os.chdir(str(request["cwd"]))
    sys.argv = ["mendel", *request["arguments"]]  # type: ignore[misc]
    runpy.run_module("mendel", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main(int(sys.argv[1]))
