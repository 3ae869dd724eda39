"""What is asked of the sandbox and what comes back. Floats cross the wall; objects never do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: float64 words that the tracer writes for each slot: a header of 16 and three runs of 256 samples.
TRACE_HEADER = 16
TRACE_SAMPLES = 256
TRACE_WIDTH = TRACE_HEADER + 3 * TRACE_SAMPLES
#: A recorded slot has room for so many outcomes a bar: a condition may be asked for longs and for shorts.
RECORDED_PER_BAR = 4

Setting = float | int | bool | str | None


class Status(StrEnum):
    """How a run ended. Everything but ``ok`` is a typed rejection or, for the last, our own failure."""

    OK = "ok"
    TIMEOUT = "timeout"
    CRASHED = "crashed"  # died of a signal, or ran out of memory
    REJECTED = "rejected"  # an exception, a wrong shape, NaN or an out-of-range decision
    REFUSED = "refused"  # isolation cannot be proven here: nothing was run
    INFRASTRUCTURE = "infrastructure"  # our side failed: never a score


class Feed(StrEnum):
    """How the bars reach a strategy."""

    WHOLE = "whole"  # all bars at once, one answer
    STEPPED = "stepped"  # one bar at a time: no later bar exists in the child
    HYBRID = "hybrid"  # all bars at once, then questions while a position is open


class Dialogue(Protocol):
    """The trusted side of a conversation with a child, in fixed-size records of float64 (see stepped.py and
    hybrid.py). Made anew for each attempt, used by one thread. Both calls return the next question
    (``question_words`` float64 as bytes), or None when there is no more to ask."""

    question_words: int
    answer_words: int

    def begin(self, table: Callable[[], Floats]) -> memoryview | None:
        """The first question. ``table()`` copies and checks what the child has put into its decision columns
        so far, as (bars, fields); it raises AnswerError where that is out of range."""
        ...

    def reply(self, answer: bytes) -> memoryview | None:
        """Take one answer of ``answer_words`` float64, ours alone by now. Raises AnswerError with one line."""
        ...

    def decisions(self) -> Floats:
        """(bars, fields) when there is no more to ask."""
        ...


class AnswerError(Exception):
    """A child's answer that no sound strategy gives: the message is the reason of the rejection."""


@dataclass(frozen=True)
class Limits:
    """What one child may use."""

    cpu_seconds: int = 30
    wall_seconds: float = 60.0
    memory_mb: int = 2048
    file_mb: int = 64
    scratch_mb: int = 16
    processes: int = 32
    log_bytes: int = 65536


@dataclass(frozen=True)
class Trace:
    """How the instrumented gates of a bundle behave in one run (see sandbox/child/trace.py).

    ``forced`` makes a gate's outcome constant; ``replay`` replaces its outcomes, one per bar or, in scalar
    code, one per evaluation; ``record`` asks for the outcomes of those slots, in order of evaluation or, ``by_bar``,
    by the bar that they were asked for (NaN: not asked there, or the bar is not known)."""

    slots: int
    forced: Mapping[int, bool] = field(default_factory=dict)
    replay: Mapping[int, Floats] = field(default_factory=dict)
    record: tuple[int, ...] = ()
    by_bar: bool = False


@dataclass(frozen=True)
class Evaluation:
    """One run of one candidate on one symbol. ``fields`` are the decision columns wanted back.

    ``repeat`` calls the strategy that often in the same process and returns the last answer (a strategy
    that keeps state between calls then answers differently). ``params`` names a dataclass or callable
    ("module:Name") that is called with ``overrides``; None = the strategy takes the bars alone."""

    bundle: str
    adapter: str
    target: str
    params: str | None
    symbol: str
    time: Ints
    columns: Mapping[str, Floats]
    fields: tuple[str, ...]
    overrides: Mapping[str, Setting] = field(default_factory=dict)
    stubs: tuple[str, ...] = ()
    repeat: int = 1
    trace: Trace | None = None
    limits: Limits | None = None
    #: ``stepped`` and ``hybrid`` need a maker of the trusted side of their conversation; ``whole`` has none.
    feed: Feed = Feed.WHOLE
    dialogue: Callable[[], Dialogue] | None = None
    #: Environment variables that the strategy finds.
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What came back. ``decisions`` is float64 (bars, fields) when ``status`` is ok, else None. ``columns_present``
    tells which fields the strategy really returned. ``trace`` is float64 (slots, TRACE_WIDTH); ``series`` maps
    a recorded slot to its outcomes in order, room for RECORDED_PER_BAR a bar, NaN past the last. ``log`` is hostile text, capped."""

    status: Status
    reason: str
    decisions: Floats | None = None
    present: tuple[str, ...] = ()
    trace: Floats | None = None
    series: Mapping[int, Floats] = field(default_factory=dict)
    log: str = ""
    cpu_ms: float = 0.0
    wall_ms: float = 0.0
    max_rss_mb: float = 0.0
    #: The conversation as it ended, where there was one.
    dialogue: Dialogue | None = None
    #: False where it ran without walls: nothing may be promoted on it.
    promotable: bool = True
    #: What the strategy called on stubs (dotted name -> times), by its own account: it may be anything.
    stub_calls: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A command that must exec (tests, dashboards). It runs in a throw-away copy of the bundle, without
    network, secrets or the person's files. ``extra`` are files written into the copy (path -> text);
    ``extra_bytes`` the same for binary files; ``collect`` are files brought back from it, each capped."""

    bundle: str
    command: tuple[str, ...]
    extra: Mapping[str, str] = field(default_factory=dict)
    collect: tuple[str, ...] = ()
    wall_seconds: float = 120.0
    memory_mb: int = 4096
    output_bytes: int = 262144
    environment: Mapping[str, str] = field(default_factory=dict)
    extra_bytes: Mapping[str, bytes] = field(default_factory=dict)
    #: The time, ns UTC, at which the clocks of the job's Python programs stand still; None: they go.
    clock_ns: int | None = None
    #: The most that is brought back: of one file, and of all together.
    file_bytes: int = 16 << 20
    total_bytes: int = 64 << 20
    #: Modules that the job's Python programs find replaced by inert stand-ins.
    stubs: tuple[str, ...] = ()


@dataclass(frozen=True)
class JobResult:
    """How a job ended. ``output`` is hostile text (standard output and error together), capped."""

    status: Status
    reason: str
    exit_code: int | None
    output: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    wall_ms: float = 0.0


@dataclass(frozen=True)
class Layer:
    """One wall of the sandbox: whether the self-test found it standing, and how to mend it."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


@dataclass(frozen=True)
class SandboxPlace:
    """Where the sandbox finds its things: the bundle store and the interpreter that runs the system."""

    bundles: Path
    python: Path
