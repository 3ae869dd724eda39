"""One candidate's process: it shuts the last doors behind itself, runs the strategy and leaves floats behind.

Exit codes: 0 answered, 17 turned down (the reason is in the reason file), 18 out of memory, 99 set-up failed
(believed only as long as the zygote has not been told that candidate code began)."""

from __future__ import annotations

import fcntl
import functools
import math
import mmap
import os
import random
import resource
import select
import signal
import struct
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sandbox.child import landlock, linux, own_folder, probes, reasons, seccomp, stubs
else:
    import _mendel_landlock as landlock
    import _mendel_linux as linux
    import _mendel_own_folder as own_folder
    import _mendel_probes as probes
    import _mendel_reasons as reasons
    import _mendel_seccomp as seccomp
    import _mendel_stubs as stubs

DONE, REJECTED, NO_MEMORY, SETUP_FAILED = 0, 17, 18, 99
LOG, DATA, OUT, REASON, REPLAY, ENTERED, QUESTIONS, ANSWERS = 1, 3, 4, 5, 6, 7, 8, 9
_MB = 1 << 20
_CALLS_AT, _CALLS_BYTES = 2048, 2000  # in the reason file


class CappedText:
    """sys.stdout and sys.stderr of a candidate: what does not fit the log is dropped, not an error."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, budget: int) -> None:
        self._left = budget

    def set_aside(self, budget: int) -> None:
        """Keep so many bytes for later; below 0: give them back."""
        self._left -= budget

    def write(self, text: str) -> int:
        raw = str(text).encode("utf-8", "replace")[: max(0, self._left)]
        self._left -= len(raw)
        try:
            os.write(LOG, raw)
        except OSError:
            self._left = 0
        return len(text)

    def flush(self) -> None:
        return None

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return LOG

    def writable(self) -> bool:
        return True


class Line:
    """The child's end of a conversation in fixed-size records of float64 (a question's second word is the int64
    of a time)."""

    def __init__(self, words: Mapping[str, int], deliver: Callable[[Mapping[str, Any]], None]) -> None:
        self._question = struct.Struct(f"=dq{words['question'] - 2}d")
        self._answer = struct.Struct(f"={words['answer']}d")
        self._padding = (math.nan,) * words["answer"]
        #: Leaves decision columns (name -> float64 of all bars) where the host reads them.
        self.deliver = deliver

    def hear(self) -> tuple[float, ...] | None:
        """The next question; None when the host has no more."""
        raw = os.read(QUESTIONS, self._question.size)
        while raw and len(raw) < self._question.size:
            more = os.read(QUESTIONS, self._question.size - len(raw))
            raw = raw + more if more else b""
        return self._question.unpack(raw) if raw else None

    def say(self, values: Sequence[float]) -> None:
        """Answer it. Words that are not given are NaN."""
        if len(values) < len(self._padding):
            values = (*values, *self._padding[len(values) :])
        os.write(ANSWERS, self._answer.pack(*values))  # atomic: far below PIPE_BUF


class Walls:
    """Which walls to build. ``omit`` exists for the self-test's own test: leave a wall out and see it noticed."""

    def __init__(self, jailed: bool, omit: frozenset[str], readonly: list[str], base_bytes: int) -> None:
        self.jailed, self.omit, self.readonly, self.base_bytes = jailed, omit, readonly, base_bytes

    def has(self, name: str) -> bool:
        """Whether that wall is to be built."""
        return self.jailed and name not in self.omit


def main(request: Mapping[str, Any], descriptors: list[int], alive: int, entered: int, walls: Walls) -> None:
    """Never returns. ``descriptors``: data, out, log, reason, then questions and answers in a conversation, then
    replay where something is replayed."""
    code = SETUP_FAILED
    try:
        _settle(descriptors, alive, entered, bool(request.get("dialogue")))
        results = probes.Results(request.get("probe"))
        _enclose(request, walls, results)
        os.write(ENTERED, b"1")
        os.close(ENTERED)
        if request.get("probe") is not None:
            results.finish(OUT, request["limits"])
            code = DONE
        else:
            code = _run(request, walls)
    except BaseException as error:  # noqa: BLE001 - the process edge
        _explain(reasons.describe(error, "\0") if code == SETUP_FAILED else "")
    os._exit(code)


def _settle(descriptors: list[int], alive: int, entered: int, talks: bool) -> None:
    """Die with the zygote; known descriptor numbers; nothing else open; a clean environment."""
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    if select.select([alive], [], [], 0)[0]:
        os._exit(SETUP_FAILED)  # the zygote died before the line above
    data, out, log, reason = descriptors[:4]
    line, rest = (descriptors[4:6], descriptors[6:]) if talks else ([], descriptors[4:])
    replay = rest[0] if rest else data
    null = os.open("/dev/null", os.O_RDONLY)
    wanted = (null, log, log, data, out, reason, replay, entered, *line)
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 100) for descriptor in wanted]
    for number, descriptor in enumerate(high):
        os.dup2(descriptor, number)
    linux.close_from(len(wanted))
    random.seed()  # or every child would draw the same "random" numbers and hide a dependence on them
    np.random.seed(None)


def _enclose(request: Mapping[str, Any], walls: Walls, results: probes.Results) -> None:
    if not walls.jailed:
        os.chdir(request["scratch"])
        sys.path.insert(0, request["system"])
        return
    limits = request["limits"]
    _mount(request["bundle"], int(limits["scratch_mb"]))
    if (
        request["bundle"] is not None and request["adapter"] != "lone"
    ):  # a file that stands alone has no folder
        own_folder.link("/system", "/scratch")
    results.namespaces()
    if walls.has("rlimits"):
        _limit(limits, walls.base_bytes)
    if walls.has("capabilities"):
        linux.drop_all_capabilities()
    if walls.has("no-new-privileges"):
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    results.privileges(limits)
    if walls.has("landlock"):
        readable = [(path, landlock.READ) for path in [*walls.readonly, "/dev/null", "/system"]]
        landlock.restrict([*readable, ("/dev/null", landlock.WRITE), ("/scratch", landlock.WRITE)])
    results.files()
    if walls.has("seccomp"):
        seccomp.restrict_candidate()
    sys.path.insert(0, "/system")


def _mount(bundle: str | None, scratch_mb: int) -> None:
    """The candidate's own bundle at /system, the others hidden, a small scratch folder without exec."""
    flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    owner = f"uid={os.getuid()},gid={os.getgid()}"
    linux.mount("tmpfs", "/scratch", "tmpfs", flags, f"size={scratch_mb}m,nr_inodes=512,mode=700,{owner}")
    if bundle is not None:
        _bind_bundle(bundle)
    linux.mount("tmpfs", "/bundles", "tmpfs", flags | linux.MS_RDONLY, "size=4k")
    os.chdir("/scratch")


def _bind_bundle(bundle: str) -> None:
    try:
        linux.mount(f"/bundles/{bundle}", "/system", None, linux.MS_BIND)
        os.listdir("/system")  # noqa: PTH208
    except PermissionError as error:
        raise PermissionError(
            f"the bundle store is closed to the sandbox's user: chmod -R a+rX it ({error})"
        ) from None


def _limit(limits: Mapping[str, Any], base_bytes: int) -> None:
    memory = base_bytes + int(limits["memory_mb"]) * _MB
    for kind, value in (
        (resource.RLIMIT_CPU, int(limits["cpu_seconds"])),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, int(limits["file_mb"]) * _MB),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_NPROC, int(limits["processes"])),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_STACK, 8 * _MB),
    ):
        resource.setrlimit(kind, (value, value))


def _explain(text: str) -> None:
    """Leave one line for the host. The file has a fixed size; a write beyond it fails and is cut before."""
    if text:
        os.pwrite(REASON, text.encode("utf-8", "replace")[:2000], 0)


def _tell_calls() -> None:
    """Leave the calls on stubs for the host, behind the reason: at any time, since the process may be killed."""
    os.pwrite(
        REASON,
        stubs.counted().encode("utf-8", "replace")[:_CALLS_BYTES].ljust(_CALLS_BYTES, b"\n"),
        _CALLS_AT,
    )


def _run(request: Mapping[str, Any], walls: Walls) -> int:
    """Everything from here on runs beside or inside code that nobody trusts."""
    system = "/system/" if walls.jailed else request["system"] + "/"
    sys.stdout = sys.stderr = CappedText(int(request["limits"]["log_bytes"]))
    explain, lacking, pack = reasons.describe, reasons.no_column, _explain
    os.environ.update(request["environment"])
    stubs.tell = _tell_calls
    if walls.jailed:
        own_folder.install("/system", "/scratch")
    try:
        out = np.frombuffer(mmap.mmap(OUT, request["layout"]["words"] * 8), np.float64)
        time, columns = _bars(request)
        if request["trace"] is not None:
            _trace(request, out)
        stubs.install(request["stubs"])
        adapter = sys.modules[f"_mendel_adapter_{request['adapter']}"]
        if request["dialogue"] is None:
            _deliver(request, out, adapter.evaluate(request, time, columns))
        else:
            deliver = functools.partial(_deliver, request, out)
            adapter.converse(request, time, columns, Line(request["dialogue"], deliver))
    except MemoryError:
        return NO_MEMORY
    except BaseException as error:  # noqa: BLE001 - candidate code may raise anything, SystemExit too
        pack(explain(error, system) + lacking(error, request["columns"]))
        if not isinstance(error, reasons.Rejection):
            sys.stderr.write(reasons.own_part(error, system))
        return REJECTED
    finally:
        if request["stubs"]:
            _tell_calls()
    return DONE


def _bars(request: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The market as read-only arrays over the sealed memory: times first, then column after column."""
    n, names = int(request["bars"]), request["columns"]
    if n == 0:
        return np.empty(0, np.int64), {name: np.empty(0, np.float64) for name in names}
    view = mmap.mmap(DATA, n * 8 * (len(names) + 1), mmap.MAP_SHARED, mmap.PROT_READ)
    columns = {name: np.frombuffer(view, np.float64, n, n * 8 * (k + 1)) for k, name in enumerate(names)}
    return np.frombuffer(view, np.int64, n), columns


def _deliver(request: Mapping[str, Any], out: Any, answer: Mapping[str, Any]) -> None:
    layout, n = request["layout"], int(request["bars"])
    for k, name in enumerate(request["fields"]):
        if name in answer:
            start = layout["decisions"] + k * n
            out[start : start + n] = answer[name]
            out[layout["present"] + k] = 1.0
    out[0] = 1.0


def _trace(request: Mapping[str, Any], out: Any) -> None:
    """Put the tracer's module where the instrumented system looks for it."""
    trace, layout = request["trace"], request["layout"]
    room = (len(out) - int(layout["series"])) // max(1, len(trace["record"]))
    slots, width = int(trace["slots"]), int(layout["trace_width"])
    stats = out[layout["trace"] : layout["trace"] + slots * width].reshape(slots, width)
    series = {
        slot: out[layout["series"] + k * room : layout["series"] + (k + 1) * room]
        for k, slot in enumerate(trace["record"])
    }
    forced = {int(slot): bool(value) for slot, value in trace["forced"]}
    tracer: types.ModuleType = sys.modules["_mendel_tracer"].install(
        slots,
        forced,
        _replay(trace["replay"]),
        tuple(trace["record"]),
        stats,
        series,
        bars=int(request["bars"]) if trace["by_bar"] else 0,
    )
    sys.modules["_mendel_trace"] = tracer


def _replay(lengths: list[tuple[int, int]]) -> dict[int, Any]:
    words = sum(length for _, length in lengths)
    if not words:
        return {int(slot): np.empty(0) for slot, _ in lengths}
    view = mmap.mmap(REPLAY, words * 8, mmap.MAP_SHARED, mmap.PROT_READ)
    arrays, at = {}, 0
    for slot, length in lengths:
        arrays[int(slot)] = np.frombuffer(view, np.float64, length, at * 8)
        at += length
    return arrays
