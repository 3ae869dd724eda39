"""One evaluation on its way in and out: the layout of the memory files and the reading of what came back."""

from __future__ import annotations

import json
import mmap
import os
import re
import signal
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.host import memory, validate
from sandbox.host.contracts import (
    RECORDED_PER_BAR,
    TRACE_WIDTH,
    AnswerError,
    Dialogue,
    Evaluation,
    Feed,
    Floats,
    Limits,
    Outcome,
    Status,
    Trace,
)
from sandbox.host.talk import Talk
from sandbox.host.text import clean, one_line

#: Words in front of the presence flags: word 0 is 1 when the answer is complete.
_HEADER = 16
#: The reason file: why it was turned down, and behind that what it called on stubs, a line each.
_REASON_BYTES, _CALLS_AT = 4096, 2048
_CALL = re.compile(r"([A-Za-z_][\w.]{0,119}) (\d{1,12})")
#: The child halves of adapters; each is a file of that name in sandbox/child/adapters.
ADAPTERS = tuple(
    sorted(
        path.stem
        for path in (Path(__file__).resolve().parent.parent / "child" / "adapters").glob("*.py")
        if path.stem != "__init__"
    )
)
_HASH = re.compile(r"[0-9a-f]{64}\Z")
_EXIT_REJECTED, _EXIT_NO_MEMORY, _EXIT_SETUP = 17, 18, 99


@dataclass(frozen=True)
class Layout:
    """Where each part lies in the result, in float64 words."""

    present: int
    decisions: int
    trace: int
    series: int
    words: int
    trace_width: int = TRACE_WIDTH

    @classmethod
    def of(cls, bars: int, fields: int, trace: Trace | None, table_bars: int | None = None) -> Layout:
        """The layout for that many bars and fields; ``table_bars`` where the table has fewer rows."""
        decisions = _HEADER + fields
        traced = decisions + (bars if table_bars is None else table_bars) * fields
        series = traced + (trace.slots * TRACE_WIDTH if trace else 0)
        words = series + (len(trace.record) * bars * RECORDED_PER_BAR if trace else 0)
        return cls(_HEADER, decisions, traced, series, words)


@dataclass
class Ticket:
    """The open memory files of one evaluation. ``close`` it whatever happens."""

    layout: Layout
    out: int
    log: int
    reason: int
    log_bytes: int
    files: list[int] = field(default_factory=list)

    def close(self) -> None:
        """Let go of every file that is ours alone."""
        for descriptor in (self.out, self.log, self.reason, *self.files):
            os.close(descriptor)


def is_bundle_hash(text: str) -> bool:
    """Whether it is a sha256 in hexadecimal, and so safe as a folder's name."""
    return bool(_HASH.match(text))


def check_evaluation(evaluation: Evaluation) -> str | None:
    """Why it cannot even be asked; None if it can."""
    if not is_bundle_hash(evaluation.bundle):
        return f"bundle {one_line(evaluation.bundle, 80)!r} is not a sha256 in hexadecimal"
    if evaluation.adapter not in ADAPTERS:
        return f"no adapter {one_line(evaluation.adapter, 40)!r}: there is {', '.join(ADAPTERS)}"
    bars = len(evaluation.time)
    if evaluation.time.dtype != np.int64 or evaluation.time.ndim != 1:
        return f"time must be one row of int64 nanoseconds, got {evaluation.time.dtype}"
    for name, values in evaluation.columns.items():
        if values.dtype != np.float64 or values.shape != (bars,):
            return f"column {name!r} must be float64 of {bars} bars, got {values.dtype} {values.shape}"
    if (evaluation.feed is Feed.WHOLE) != (evaluation.dialogue is None):
        return f"feed {evaluation.feed}: a dialogue is given for stepped and hybrid, and for those alone"
    if not evaluation.fields or len(set(evaluation.fields)) != len(evaluation.fields):
        return "fields must name at least one decision column, each once"
    return None


def open_ticket(layout: Layout, log_bytes: int) -> Ticket:
    """The result (NaN everywhere, the trace's counters 0), log and reason files."""
    out = memory.sized("out", layout.words * 8)
    memory.write_unknown(out, 0, layout.trace)
    memory.write_unknown(out, layout.series, layout.words)
    return Ticket(
        layout, out, memory.sized("log", log_bytes), memory.sized("reason", _REASON_BYTES), log_bytes
    )


def layout_of(evaluation: Evaluation) -> Layout:
    """The layout of an evaluation's result: a stepped child gives no table."""
    stepped = evaluation.feed is Feed.STEPPED
    bars, fields = len(evaluation.time), len(evaluation.fields)
    return Layout.of(bars, fields, evaluation.trace, table_bars=0 if stepped else bars)


def encode(
    evaluation: Evaluation,
    limits: Limits,
    layout: Layout,
    paths: Mapping[str, str],
    dialogue: Dialogue | None = None,
) -> bytes:
    """What the child must know, as JSON. ``paths``: where bundle and scratch are without a jail. A stepped child
    is not told how many bars there will be."""
    trace, stepped = evaluation.trace, evaluation.feed is Feed.STEPPED
    asked: dict[str, Any] = {
        "bundle": evaluation.bundle,
        "adapter": evaluation.adapter,
        "target": evaluation.target,
        "params": evaluation.params,
        "symbol": evaluation.symbol,
        "fields": list(evaluation.fields),
        "overrides": dict(evaluation.overrides),
        "stubs": list(evaluation.stubs),
        "environment": dict(evaluation.environment),
        "repeat": evaluation.repeat,
        "bars": 0 if stepped else len(evaluation.time),
        "columns": list(evaluation.columns),
        "feed": evaluation.feed.value,
        "dialogue": None
        if dialogue is None
        else {"question": dialogue.question_words, "answer": dialogue.answer_words},
        "portfolio": list(getattr(dialogue, "portfolio_names", ())),
        "layout": asdict(layout),
        "limits": asdict(limits),
        "trace": None if trace is None else _encode_trace(trace),
        **paths,
    }
    return json.dumps(asked).encode()


def _encode_trace(trace: Trace) -> dict[str, Any]:
    return {
        "slots": trace.slots,
        "forced": [[slot, bool(value)] for slot, value in trace.forced.items()],
        "replay": [[slot, len(values)] for slot, values in trace.replay.items()],
        "record": list(trace.record),
        "by_bar": trace.by_bar,
    }


def replay_file(trace: Trace | None) -> int | None:
    """The replayed outcomes in a sealed file, one slot after another; None where there are none."""
    if trace is None or not any(len(values) for values in trace.replay.values()):
        return None
    arrays = [np.asarray(values, np.float64) for values in trace.replay.values()]
    return memory.filled("replay", *(memory.raw(array) for array in arrays))


def read_outcome(
    evaluation: Evaluation, limits: Limits, ticket: Ticket, end: Mapping[str, Any], talk: Talk | None = None
) -> Outcome:
    """Judge how the child ended and copy its floats. The child is dead: nothing can change any more."""
    log = clean(memory.read_text(ticket.log, ticket.log_bytes), ticket.log_bytes)
    told = one_line(memory.read_text(ticket.reason, _CALLS_AT))
    status, reason = _verdict(limits, end, told)
    outcome = Outcome(
        status,
        reason,
        log=log,
        cpu_ms=end["cpu_ms"],
        wall_ms=end["wall_ms"],
        max_rss_mb=end["rss_mb"],
        stub_calls=_stub_calls(ticket) if evaluation.stubs else {},
    )
    if talk is not None and talk.rejected and status is not Status.INFRASTRUCTURE:
        return replace(outcome, status=Status.REJECTED, reason=one_line(talk.rejected))
    if status is not Status.OK:
        return outcome
    if talk is not None and not talk.complete:
        reason = "the strategy ended its process before the last answer"
        return replace(outcome, status=Status.REJECTED, reason=reason)
    with mmap.mmap(ticket.out, ticket.layout.words * 8, mmap.MAP_SHARED, mmap.PROT_READ) as view:
        words = np.frombuffer(view, np.float64)
        if talk is None:
            judged = _judge(evaluation, ticket.layout, words, outcome)
        else:
            judged = _told(evaluation, ticket.layout, words, outcome, talk.dialogue)
        del words  # or the map could not be closed
    return judged


def _stub_calls(ticket: Ticket) -> dict[str, int]:
    """What the child says it called on stubs; lines that do not read as such are left out."""
    text = clean(memory.read_text(ticket.reason, _REASON_BYTES - _CALLS_AT, _CALLS_AT), _REASON_BYTES)
    found = (_CALL.fullmatch(line) for line in text.splitlines())
    return {match[1]: int(match[2]) for match in found if match}


def _verdict(limits: Limits, end: Mapping[str, Any], told: str) -> tuple[Status, str]:
    status = int(end["status"])
    if end["timeout"]:
        return Status.TIMEOUT, f"no answer after {limits.wall_seconds:g} s"
    if os.WIFSIGNALED(status):
        return _signal_verdict(limits, end, os.WTERMSIG(status))
    code = os.WEXITSTATUS(status)
    if not end["entered"]:
        return Status.INFRASTRUCTURE, f"the sandbox could not be set up: {told or f'exit code {code}'}"
    if code == _EXIT_NO_MEMORY:
        return Status.CRASHED, f"out of memory (limit {limits.memory_mb} MB)"
    if code == _EXIT_REJECTED:
        return Status.REJECTED, told or "the strategy failed without a message"
    if code:
        return Status.CRASHED, f"the strategy ended its process with exit code {code}"
    return Status.OK, ""


def _signal_verdict(limits: Limits, end: Mapping[str, Any], number: int) -> tuple[Status, str]:
    if not end["entered"]:
        return Status.INFRASTRUCTURE, f"the child died of signal {number} while it was set up"
    used_up = end["cpu_ms"] >= 800.0 * limits.cpu_seconds  # the kernel counts in ticks, roughly
    if number in (signal.SIGXCPU, signal.SIGKILL) and used_up:
        return Status.TIMEOUT, f"used its {limits.cpu_seconds} s of processor time"
    return Status.CRASHED, f"the strategy crashed ({signal.Signals(number).name})"


def _judge(evaluation: Evaluation, layout: Layout, words: Floats, ended: Outcome) -> Outcome:
    bars, fields = len(evaluation.time), evaluation.fields
    if words[0] != 1.0:
        return replace(
            ended, status=Status.REJECTED, reason="the strategy ended its process without an answer"
        )
    present = tuple(name for k, name in enumerate(fields) if words[layout.present + k] == 1.0)
    columns = words[layout.decisions : layout.trace].reshape(len(fields), bars)
    wrong = validate.why_not({name: columns[fields.index(name)] for name in present})
    if wrong is not None:
        return replace(ended, status=Status.REJECTED, reason=wrong, present=present)
    decisions = validate.table(columns, fields, present)
    trace, series = _read_trace(evaluation.trace, layout, words, bars)
    return replace(ended, decisions=decisions, present=present, trace=trace, series=series)


def _told(
    evaluation: Evaluation, layout: Layout, words: Floats, ended: Outcome, dialogue: Dialogue
) -> Outcome:
    """The outcome of a conversation: the decisions are the ones that were checked one by one."""
    trace, series = _read_trace(evaluation.trace, layout, words, len(evaluation.time))
    return replace(
        ended,
        decisions=dialogue.decisions(),
        present=evaluation.fields,
        trace=trace,
        series=series,
        dialogue=dialogue,
    )


def read_table(evaluation: Evaluation, ticket: Ticket) -> Floats:
    """A copy of the decision columns that a living child has delivered, checked: (bars, fields). What it writes
    there later changes nothing. Raises AnswerError with one line."""
    layout, bars, fields = ticket.layout, len(evaluation.time), evaluation.fields
    if layout.trace == layout.decisions:
        raise AnswerError("a stepped strategy gives no table of decisions")
    with mmap.mmap(ticket.out, layout.words * 8, mmap.MAP_SHARED, mmap.PROT_READ) as view:
        words = np.frombuffer(view, np.float64, layout.trace).copy()
    if words[0] != 1.0:
        raise AnswerError("the strategy gave no decisions before it was asked about them")
    columns = words[layout.decisions :].reshape(len(fields), bars)
    present = tuple(name for k, name in enumerate(fields) if words[layout.present + k] == 1.0)
    wrong = validate.why_not({name: columns[fields.index(name)] for name in present})
    if wrong is not None:
        raise AnswerError(wrong)
    return validate.table(columns, fields, present)


def _read_trace(
    trace: Trace | None, layout: Layout, words: Floats, bars: int
) -> tuple[Floats | None, dict[int, Floats]]:
    if trace is None:
        return None, {}
    table = words[layout.trace : layout.series].reshape(trace.slots, TRACE_WIDTH).copy()
    runs = words[layout.series :].reshape(len(trace.record), bars * RECORDED_PER_BAR)
    return table, {slot: runs[k].copy() for k, slot in enumerate(trace.record)}
