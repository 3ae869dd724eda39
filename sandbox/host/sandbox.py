"""Runs candidates: a pool of zygotes behind a self-test. What cannot be isolated is not run."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from sandbox.host import memory
from sandbox.host.contracts import (
    Evaluation,
    Feed,
    Floats,
    Ints,
    Layer,
    Limits,
    Outcome,
    SandboxPlace,
    Status,
)
from sandbox.host.core import one_core
from sandbox.host.interpreter import SandboxError
from sandbox.host.janitor import passing_folder
from sandbox.host.request import (
    check_evaluation,
    encode,
    layout_of,
    open_ticket,
    read_outcome,
    read_table,
    replay_file,
)
from sandbox.host.selftest import fast_layers, first_failure, on_linux
from sandbox.host.talk import Talk
from sandbox.host.zygote import Zygote, ZygoteDeadError, ZygoteSetup

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRIES = 2
#: What a stepped child is shown of its market at the start.
_NO_BARS: tuple[Ints, Mapping[str, Floats]] = (np.empty(0, np.int64), {})


class Sandbox:
    """Evaluates candidates, each in a process of its own that sees nothing of the person's. Thread-safe.

    ``zygotes`` is how many evaluations run at once. ``unsafe`` lets code that the person wrote run without
    walls where isolation cannot be proven; ``Outcome.reason`` is then "unsafe" and nothing may be promoted
    on it. ``hash_seed`` is the candidates' PYTHONHASHSEED. ``omit_walls`` leaves walls out to see that the
    self-test notices and refuses: it can only ever turn answers into refusals."""

    def __init__(
        self,
        place: SandboxPlace,
        *,
        limits: Limits | None = None,
        zygotes: int = 1,
        unsafe: bool = False,
        hash_seed: int = 0,
        omit_walls: Iterable[str] = (),
    ) -> None:
        if zygotes < 1:
            raise SandboxError(f"zygotes must be at least 1, got {zygotes}")
        self._place, self._limits, self._unsafe = place, limits or Limits(), unsafe
        self._setup = ZygoteSetup(place, omit=frozenset(omit_walls), hash_seed=hash_seed)
        self._markets = memory.MarketFiles()
        self._idle: list[Zygote] = []
        self._slots = threading.BoundedSemaphore(zygotes)
        self._pool = ThreadPoolExecutor(zygotes, thread_name_prefix="sandbox")
        self._lock, self._prove_lock = threading.Lock(), threading.Lock()
        self._proven: str | None = None  # None: not tested yet; "": isolated; else why not
        self._layers: tuple[Layer, ...] = ()
        self._closed = False
        self._owner = os.getpid()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def evaluate(self, evaluation: Evaluation) -> Outcome:
        """Run one candidate. Never raises for what the candidate does; SandboxError after ``close``."""
        self._check_open()
        wrong = check_evaluation(evaluation)
        if wrong is not None:
            return Outcome(Status.REJECTED, wrong)
        if not (self._place.bundles / evaluation.bundle).is_dir():
            return Outcome(Status.INFRASTRUCTURE, f"no bundle {evaluation.bundle} in {self._place.bundles}")
        with self._slots:
            return self._attempts(evaluation)

    def evaluate_many(self, evaluations: list[Evaluation]) -> list[Outcome]:
        """Run several, as many at once as there are zygotes; the answers in the order of the questions."""
        self._check_open()
        return list(self._pool.map(self.evaluate, evaluations))

    def layers(self) -> tuple[Layer, ...]:
        """Every wall as the self-test found it, attacked now if it was not yet."""
        self._check_open()
        with self._prove_lock:
            if self._proven is None:
                zygote = self._prove()
                if zygote is not None:
                    self._keep(zygote)
        return self._layers

    def pids(self) -> list[int]:
        """The processes of the zygotes that wait for work."""
        with self._lock:
            return [zygote.process.pid for zygote in self._idle]

    def close(self) -> None:
        """End every zygote. Safe to call twice; does nothing in a fork of the process that made it."""
        if os.getpid() != self._owner:
            return
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        self._pool.shutdown(wait=True)
        for zygote in idle:
            zygote.close()
        self._markets.close()

    def _attempts(self, evaluation: Evaluation) -> Outcome:
        outcome = Outcome(Status.INFRASTRUCTURE, "not tried")
        for _ in range(_TRIES):
            try:
                with self._zygote() as zygote:
                    outcome = self._once(evaluation, zygote)
            except (ZygoteDeadError, SandboxError) as error:
                if self._closed:
                    raise SandboxError("the sandbox was closed") from error
                outcome = Outcome(Status.INFRASTRUCTURE, str(error))
            if outcome.status is not Status.INFRASTRUCTURE:
                break
        return outcome

    def _once(self, evaluation: Evaluation, zygote: Zygote | None) -> Outcome:
        if zygote is None:
            return Outcome(Status.REFUSED, f"isolation is not proven here: {self._proven}")
        if self._setup.jailed:
            return self._ask(evaluation, zygote, {})
        with passing_folder("mendel-unsafe-", 0o700) as scratch:
            system = str((self._place.bundles / evaluation.bundle).resolve())
            return self._ask(evaluation, zygote, {"system": system, "scratch": str(scratch)})

    def _ask(self, evaluation: Evaluation, zygote: Zygote, paths: dict[str, str]) -> Outcome:
        limits = evaluation.limits or self._limits
        dialogue = None if evaluation.dialogue is None else evaluation.dialogue()
        layout = layout_of(evaluation)
        ticket = open_ticket(layout, limits.log_bytes)
        talk = None if dialogue is None else Talk.open(dialogue)
        shown = (evaluation.time, evaluation.columns) if evaluation.feed is not Feed.STEPPED else _NO_BARS
        market = self._markets.acquire(*shown)
        try:
            ticket.files.append(memory.filled("request", encode(evaluation, limits, layout, paths, dialogue)))
            ticket.files.append(market.reopened())
            replay = replay_file(evaluation.trace)
            ticket.files += [] if replay is None else [replay]
            request, bars, *replays = ticket.files
            line = () if talk is None else talk.theirs
            sent = [request, bars, ticket.out, ticket.log, ticket.reason, *line, *replays]
            with nullcontext() if talk is None else one_core(zygote.process.pid):
                zygote.begin(sent, limits.wall_seconds)
                if talk is not None:
                    talk.hold(zygote, partial(read_table, evaluation, ticket), limits.wall_seconds)
                end = zygote.end(limits.wall_seconds)
            if talk is not None:
                talk.finish()
            outcome = read_outcome(evaluation, limits, ticket, end, talk)
        finally:
            self._markets.release(market)
            if talk is not None:
                talk.close()
            ticket.close()
        if outcome.status is Status.INFRASTRUCTURE:  # a fresh zygote may see what this one cannot
            raise ZygoteDeadError(outcome.reason)
        return outcome if self._setup.jailed else _marked(outcome)

    @contextmanager
    def _zygote(self) -> Iterator[Zygote | None]:
        """A warm zygote, back in the pool afterwards unless it broke; None where nothing may run."""
        with self._lock:
            self._check_open()
            zygote = self._idle.pop() if self._idle else None
        zygote = zygote or self._start()
        if zygote is None:
            yield None
            return
        try:
            yield zygote
        except BaseException:
            zygote.kill()
            raise
        self._keep(zygote)

    def _keep(self, zygote: Zygote) -> None:
        """Back into the pool, unless that is closed."""
        with self._lock:
            if not self._closed:
                self._idle.append(zygote)
                return
        zygote.close()

    def _start(self) -> Zygote | None:
        with self._prove_lock:
            if self._proven is None:
                return self._prove()
            if self._proven and (not self._unsafe or not on_linux()):
                return None
        return Zygote.start(self._setup)

    def _prove(self) -> Zygote | None:
        """Start the first zygote and let it be attacked; where a wall is missing nothing will be run."""
        self._place.bundles.mkdir(parents=True, exist_ok=True)
        layers, zygote = fast_layers(self._setup)
        failed = first_failure(layers)
        self._layers = layers
        self._proven = "" if failed is None else f"{failed.name}: {failed.detail}; {failed.remedy}"
        if failed is None:
            return zygote
        if zygote is not None:
            zygote.close()
        if not self._unsafe or not on_linux():
            return None
        self._setup = ZygoteSetup(self._place, jailed=False, hash_seed=self._setup.hash_seed)
        return Zygote.start(self._setup)

    def _check_open(self) -> None:
        if self._closed:
            raise SandboxError("the sandbox is closed: make a new one")
        if os.getpid() != self._owner:
            raise SandboxError("the sandbox was made in another process: make one in each process")


def _marked(outcome: Outcome) -> Outcome:
    """Say on every answer that it was given without walls."""
    reason = f"unsafe: {outcome.reason}" if outcome.reason else "unsafe"
    return replace(outcome, reason=reason, promotable=False)
