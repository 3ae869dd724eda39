"""The zygote: a jailed process with numpy and pandas loaded that makes one child for each candidate.

Started by the host as ``python -I -S -B worker.py FD`` under the system's interpreter. Its first message
holds what it needs (JSON from the trusted host); then each message is one evaluation with its descriptors.
It ends when the host's end of the socket is closed."""

from __future__ import annotations

import gc
import importlib.machinery
import importlib.util
import json
import os
import select
import signal
import socket
import sys
import time
import types
from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100,PTH120
_MAX_MESSAGE = 65536
_LOOK_UP_SECONDS = 2.0
_OURS = (
    "linux",
    "landlock",
    "seccomp",
    "jail",
    "reasons",
    "stubs",
    "own_folder",
    "probes",
    "callbacks",
    "shim_finder",
    "freqtrade_facts",
    "process_words",
    "process_answers",
    "process_orders",
    "process_caught",
    "process_build",
    "process_strategy",
)
#: The same of those that import numpy or pandas, in this order.
_OURS_LATER = ("process_bars", "process_dataset")


def load(name: str, path: str) -> types.ModuleType:
    """Load one of our files under a private name."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class PackagesError(Exception):
    """The system's environment lacks what every strategy needs."""


class OursHidden:
    """Where the host is installed in the system's own environment: its packages are not there for a
    candidate. A package of the same name in the system's source is."""

    def __init__(self, names: list[str], site: list[str]) -> None:
        self._names, self._site = frozenset(names), frozenset(site)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The spec from outside the environment's packages; nothing for other names."""
        if name not in self._names:
            return None
        elsewhere = [entry for entry in sys.path if entry not in self._site]
        spec = importlib.machinery.PathFinder.find_spec(name, elsewhere)
        if spec is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return spec


class Deferred:
    """Our files that import numpy or pandas: read before the jail closes, run after it."""

    def __init__(self) -> None:
        self._texts: list[tuple[str, str, str]] = []

    def read(self, name: str, path: str) -> None:
        """Keep the file's text."""
        with open(path, encoding="utf-8") as handle:  # noqa: PTH123
            self._texts.append((name, path, handle.read()))

    def run(self) -> None:
        """Make the modules."""
        for name, path, text in self._texts:
            module = types.ModuleType(name)
            module.__file__ = path
            sys.modules[name] = module
            exec(compile(text, path, "exec"), module.__dict__)


def _read_ours() -> Deferred:
    for name in _OURS:
        load(f"_mendel_{name}", f"{_HERE}/{name}.py")
    finder = sys.modules["_mendel_shim_finder"]
    finder.MODULES.update(finder.read(f"{_HERE}/shims"))
    deferred = Deferred()
    if os.path.exists(f"{_HERE}/trace.py"):  # noqa: PTH110
        deferred.read("_mendel_tracer", f"{_HERE}/trace.py")
    for name in _OURS_LATER:
        deferred.read(f"_mendel_{name}", f"{_HERE}/{name}.py")
    for entry in sorted(os.listdir(f"{_HERE}/adapters")):  # noqa: PTH208
        if entry.endswith(".py") and entry != "__init__.py":
            deferred.read(f"_mendel_adapter_{entry[:-3]}", f"{_HERE}/adapters/{entry}")
    deferred.read("_mendel_candidate", f"{_HERE}/candidate.py")
    return deferred


def _import_packages(site: list[str], prefix: str) -> None:
    """numpy and pandas from the system's packages, without pyarrow (it starts a thread when it is imported)."""
    sys.path.extend(site)
    sys.prefix = sys.exec_prefix = prefix
    sys.modules["pyarrow"] = None  # type: ignore[assignment]
    import encodings.idna
    import inspect
    import mmap
    import random
    import traceback

    import numpy
    import pandas
    import pandas.core.window.rolling

    del sys.modules["pyarrow"]
    _ = (encodings.idna, inspect, mmap, random, traceback, numpy, pandas)


def prepare(setup: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Close the jail and warm up; (what the children need, the report for the host)."""
    deferred = _read_ours()
    jail = sys.modules["_mendel_jail"]
    task = os.open("/proc/self/task", os.O_RDONLY | os.O_DIRECTORY)
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    omit = frozenset(setup["omit"])
    fresh: dict[str, bool] = {}
    if setup["jailed"]:
        sys.modules["_mendel_seccomp"].demand_support()  # before a system call number can mean another call
        shared = sys.modules["_mendel_linux"].CLONE_NEWNET if "network namespace" in omit else 0
        fresh = jail.close_jail(setup["readonly"], setup["bundles"], setup["uid"], shared)
    try:
        _import_packages(setup["site"], setup["prefix"])
    except ImportError as error:
        raise PackagesError(f"{type(error).__name__}: {error}") from error
    finder: Any = OursHidden(setup["hidden"], setup["site"])
    sys.meta_path.insert(0, finder)
    deferred.run()
    gc.collect()
    gc.freeze()
    threads = len(os.listdir(task))  # noqa: PTH208
    base = int(os.pread(statm, 200, 0).split()[0]) * os.sysconf("SC_PAGESIZE")
    os.close(task)
    os.close(statm)
    walls = sys.modules["_mendel_candidate"].Walls(setup["jailed"], omit, setup["readonly"], base)
    report = {"ready": True, "namespaces": fresh, "threads": threads, "python": sys.version.split()[0]}
    report["landlock"] = sys.modules["_mendel_landlock"].version()
    return walls, report


class Zygote:
    """Serves evaluations, one at a time."""

    def __init__(self, control: socket.socket, walls: Any) -> None:
        self._control, self._walls = control, walls
        self._alive = os.pipe()  # children hold the reading end: they see when the zygote is gone
        self._parent = os.getppid()
        linux = sys.modules["_mendel_linux"]
        self._flags = 0
        if walls.jailed:
            self._flags = linux.CLONE_NEWPID | linux.CLONE_NEWNS | linux.CLONE_NEWIPC
            if walls.jailed and "pid namespace" in walls.omit:
                self._flags &= ~linux.CLONE_NEWPID

    def serve(self) -> None:
        """Until the host hangs up."""
        while self._asked():
            message, descriptors, _, _ = socket.recv_fds(self._control, _MAX_MESSAGE, 12)
            if message in (b"", b"end"):
                return
            if message == b"stop":  # the child that was meant has ended by itself
                continue
            answer = self._evaluate(float(message.removeprefix(b"run ")), descriptors)
            self._control.send(json.dumps(answer).encode())

    def _asked(self) -> bool:
        """Wait for the host; False when it is gone (a fork of it may still hold its end of the socket)."""
        while not select.select([self._control], [], [], _LOOK_UP_SECONDS)[0]:
            if os.getppid() != self._parent:
                return False
        return True

    def _evaluate(self, wall_seconds: float, descriptors: list[int]) -> dict[str, Any]:
        """The request itself is read in the child only: nothing of it stays behind for the children after it."""
        started = time.monotonic()
        entered_read, entered_write = os.pipe()
        pid = self._child(descriptors, entered_write)
        for descriptor in [*descriptors, entered_write]:
            os.close(descriptor)
        timed_out = self._wait(pid, wall_seconds)
        _, status, usage = os.wait4(pid, 0)
        entered = os.read(entered_read, 1) == b"1"
        os.close(entered_read)
        return {
            "status": status,
            "timeout": timed_out,
            "entered": entered,
            "wall_ms": (time.monotonic() - started) * 1e3,
            "cpu_ms": (usage.ru_utime + usage.ru_stime) * 1e3,
            "rss_mb": usage.ru_maxrss / 1024,
        }

    def _child(self, descriptors: list[int], entered: int) -> int:
        candidate = sys.modules["_mendel_candidate"]
        if self._flags:
            pid = int(sys.modules["_mendel_linux"].clone(self._flags, signal.SIGCHLD))
        else:
            pid = os.fork()
        if pid == 0:
            os.close(self._alive[1])
            candidate.main(
                _read_request(descriptors[0]), descriptors[1:], self._alive[0], entered, self._walls
            )
            os._exit(99)
        return pid

    def _wait(self, pid: int, wall_seconds: float) -> bool:
        """Wait for the child's end; True if the deadline came first. Ends with the host."""
        watch = os.pidfd_open(pid)
        deadline = time.monotonic() + wall_seconds
        try:
            while True:
                left = deadline - time.monotonic()
                sources: list[Any] = [watch, self._control]
                ready, _, _ = select.select(sources, [], [], max(0.0, min(left, 1.0)))
                if watch in ready:
                    return False
                hung_up = os.getppid() != self._parent
                if self._control in ready:
                    hung_up = hung_up or self._control.recv(_MAX_MESSAGE) != b"stop"
                    if not hung_up:
                        os.kill(pid, signal.SIGKILL)
                        return False
                if hung_up or left <= 0:
                    os.kill(pid, signal.SIGKILL)
                    if hung_up:  # the host is gone, or broke the protocol
                        os._exit(1)
                    return True
        finally:
            os.close(watch)


def _read_request(descriptor: int) -> dict[str, Any]:
    request: dict[str, Any] = json.loads(os.pread(descriptor, os.fstat(descriptor).st_size, 0))
    return request


def main(descriptor: int) -> None:
    """Prepare, report, serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=descriptor)
    setup = json.loads(control.recv(_MAX_MESSAGE))
    try:
        walls, report = prepare(setup)
    except Exception as error:  # noqa: BLE001 - the process edge: the host is told and refuses
        stage = "packages" if isinstance(error, PackagesError) else "jail"
        why = {"ready": False, "stage": stage, "why": f"{type(error).__name__}: {error}"}
        control.send(json.dumps(why).encode())
        return
    control.send(json.dumps(report).encode())
    Zygote(control, walls).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
