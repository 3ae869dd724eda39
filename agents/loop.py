"""The endless loop: a cycle whenever there is something new, until somebody says stop.

The engine's lock is held during a cycle and free between two, so that a person can approve or roll back meanwhile; a lock
of the loop's own keeps a second loop away. Pausing and stopping are notes in the system's store: any process can write
them, and they survive ``kill -9``, as does a cycle that was cut off (it is resumed first).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from agents.cycle import Ask, nobody, run_cycle
from agents.desk import Desk
from agents.engine import Engine
from agents.goal_budget import rest_reason
from memory.ledger import Ledger
from memory.store import STORE_NAME, Store
from tools.analysis.study import Progress, quiet
from tools.contracts import MendelError
from tools.system.bundles import BundleStore
from tools.system.markets import load_system_markets
from tools.system.refresh import refresh
from tools.system.system import System

PAUSED, STOPPED, SEEN = "loop.paused", "loop.stop", "loop.seen"
POLL_SECONDS = 0.5
Result = dict[str, Any]


class LoopError(MendelError):
    """The loop cannot run."""


def ask_loop(path: str | Path, key: str, value: bool) -> None:
    """Pause, resume or stop the loop of a system, whichever process runs it."""
    with Desk(path, reading=True) as desk:
        desk.store.set_setting(key, value)


async def evolution_loop(
    system: System | str | Path,
    *,
    interval: timedelta | None = None,
    data: str | None = None,
    options: dict[str, Any] | None = None,
    ask: Ask = nobody,
    on_cycle: Callable[[Result], None] | None = None,
    stop: asyncio.Event | None = None,
    progress: Progress = quiet,
) -> int:
    """Run cycles until stopped (by ``stop``, or from another process by ``mendel stop``); how many were run.

    ``interval`` is the pause between two looks, by default ``[loop] interval_minutes``. A look at a system whose source and
    candles are as they were after the last cycle runs no cycle. Raises LoopError where another loop runs on the system, and
    whatever the first cycle raises for a system that cannot be used."""
    opened = system if isinstance(system, System) else System.open(system)
    pause = interval or timedelta(minutes=opened.config.loop.interval_minutes)
    stop = stop or asyncio.Event()
    with _alone(opened):
        await asyncio.to_thread(ask_loop, opened.home, STOPPED, False)
        count = 0
        while not await _stopped(opened, stop):
            if not await _flag(opened, PAUSED):
                result = await asyncio.to_thread(_look, opened, data, options or {}, ask, progress)
                count += result is not None
                if result is not None and on_cycle is not None:
                    on_cycle(result)
            await _rest(opened, stop, pause.total_seconds())
        return count


@contextmanager
def _alone(system: System) -> Iterator[None]:
    lock = FileLock(system.state / "loop.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise LoopError(f"a loop runs on {system.name} already; end it by: mendel stop") from error
    try:
        yield
    finally:
        lock.release()


def _look(
    system: System, data: str | None, options: dict[str, Any], ask: Ask, progress: Progress
) -> Result | None:
    """A cycle if there is something new to look at, else None. New bars are fetched first, where an exchange is set."""
    with Store(system.state / STORE_NAME) as store:
        if why := rest_reason(store, Ledger(store)):
            progress(f"resting: {why}")
            return None
        if data is None:
            refresh(system, progress)
        if store.setting(SEEN) == fingerprint(system, data):
            progress("nothing new since the last cycle")
            return None
    with Engine(system.home, data=data, progress=progress) as engine:
        result = run_cycle(engine, options, ask)
        engine.store.set_setting(SEEN, fingerprint(system, data))
    return result


def fingerprint(system: System, data: str | None) -> str:
    """sha256 over the source and over where every market ends."""
    markets = load_system_markets(system, data=data).markets
    ends = sorted((s, len(m), int(m.time[-1])) for s, m in markets.items())
    source = BundleStore(system.bundles).snapshot(system)
    return hashlib.sha256(repr((source, ends)).encode()).hexdigest()


async def _flag(system: System, key: str) -> bool:
    def read() -> bool:
        with Store(system.state / STORE_NAME) as store:
            return bool(store.setting(key))

    return await asyncio.to_thread(read)


async def _stopped(system: System, stop: asyncio.Event) -> bool:
    return stop.is_set() or await _flag(system, STOPPED)


async def _rest(system: System, stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but wake at once when stopped."""
    waited = 0.0
    while waited < seconds and not await _stopped(system, stop):
        step = min(POLL_SECONDS, seconds - waited)
        try:
            await asyncio.wait_for(stop.wait(), step)
        except TimeoutError:
            waited += step
