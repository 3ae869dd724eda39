"""The loop runs a cycle when there is something new, and can be paused, resumed and stopped from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agents.loop import PAUSED, STOPPED, LoopError, ask_loop, evolution_loop
from mendel.commands.loop import IntervalError, interval_of

pytestmark = pytest.mark.sandbox
TICK = timedelta(seconds=0.2)


def start(folder: Path, candles: str, seen: list[dict[str, Any]], **how: Any) -> Any:
    return evolution_loop(folder, interval=TICK, data=candles, on_cycle=seen.append, **how)


async def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    for _ in range(int(seconds / 0.1)):
        if condition():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not happen")


def test_a_loop_looks_again_only_when_something_is_new(held_out: Callable[[str], Path], candles: str) -> None:
    folder = held_out("inside_bar")
    seen: list[dict[str, Any]] = []

    async def story() -> int:
        task = asyncio.create_task(start(folder, candles, seen))
        await until(lambda: len(seen) == 1)
        await asyncio.sleep(1.0)
        assert len(seen) == 1  # nothing is new
        source = next(p for p in sorted(folder.rglob("*.py")) if ".mendel" not in p.parts)
        source.write_text(source.read_text(encoding="utf-8") + "\n# a person edits\n", encoding="utf-8")
        await until(lambda: len(seen) == 2)
        with pytest.raises(LoopError, match="already"):
            await start(folder, candles, [])
        ask_loop(folder, STOPPED, True)
        return int(await asyncio.wait_for(task, 30))

    assert asyncio.run(story()) == 2
    assert [r["unchanged"] for r in seen] == [True, True]


def test_a_paused_loop_waits(held_out: Callable[[str], Path], candles: str) -> None:
    folder = held_out("inside_bar")
    seen: list[dict[str, Any]] = []
    ask_loop(folder, PAUSED, True)

    async def story() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(start(folder, candles, seen, stop=stop))
        await asyncio.sleep(1.0)
        assert seen == []
        ask_loop(folder, PAUSED, False)
        await until(lambda: len(seen) == 1)
        stop.set()
        await asyncio.wait_for(task, 30)

    asyncio.run(story())


def test_intervals_are_read() -> None:
    assert interval_of("90s") == timedelta(seconds=90)
    assert interval_of("1h") == timedelta(hours=1)
    for bad in ("", "1", "0s", "-5m", "soon"):
        with pytest.raises(IntervalError, match="write for example"):
            interval_of(bad)
