"""Search among ten thousand lessons: milliseconds a question, with the default embedder, unfiltered and filtered.

Unfiltered questions ask the index; a filter makes the search exact over the rows that it leaves. Embedding the question is
part of the time."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

LESSONS, QUESTIONS = 10_000, 300
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT", "TONUSDT", "ADAUSDT", "NEARUSDT")
REGIMES = ("low", "normal", "high")
SUBJECTS = (
    "divergence",
    "a volume spike",
    "extreme funding",
    "rising open interest",
    "the Asian session",
    "a fixed threshold",
)
VERBS = ("precedes", "does not precede", "hides", "costs", "explains", "weakens")
OBJECTS = (
    "reversals",
    "breakouts",
    "losing longs",
    "silent symbols",
    "late exits",
    "missed entries",
    "wide stops",
)


def bench_recall(lessons: int = LESSONS, questions: int = QUESTIONS) -> dict[str, Any]:
    """Percentiles over ``questions`` distinct questions for each kind of search."""
    from memory.knowledge import Knowledge
    from memory.knowledge_scope import Scope
    from memory.store import Store

    with (
        tempfile.TemporaryDirectory(prefix="mendel-bench-") as name,
        Store(Path(name) / "mendel.db") as store,
        Knowledge(store) as knowledge,
    ):
        started = time.perf_counter()
        with store.transaction():
            for lesson in _lessons(lessons):
                knowledge.add(lesson)
        kept = time.perf_counter()
        vectors = knowledge.embed_missing()
        read = time.perf_counter()
        asked = _questions(questions)
        knowledge.search("warm up")
        free = _timed(asked, knowledge.search)
        scope = Scope(symbols=("TONUSDT",))
        narrow = _timed(asked, lambda q: knowledge.search(q, scope=scope))
        exact = knowledge.search(asked[0]).exact
        narrowed = len(knowledge.lessons(scope))
    return {
        "lessons": vectors,
        "questions": questions,
        "embedder": knowledge.embedder.name,
        "unfiltered": free,
        "unfiltered_asks_the_index": not exact,
        "filtered_by_symbol": narrow,
        "filtered_lessons": narrowed,
        "keep_seconds": kept - started,
        "read_seconds": read - kept,
    }


def _timed(asked: Sequence[str], ask: Callable[[str], object]) -> dict[str, float]:
    import numpy as np

    times = []
    for question in asked:
        started = time.perf_counter()
        ask(question)
        times.append(1e3 * (time.perf_counter() - started))
    p50, p99 = np.percentile(times, [50, 99])
    return {"p50_ms": float(p50), "p99_ms": float(p99), "max_ms": max(times)}


def _lessons(count: int) -> Any:
    from memory.knowledge_lesson import Lesson

    chance = random.Random(3)
    for number in range(count):
        said = f"{_said(chance)}: {chance.uniform(-40, 40):+.1f} bps over {chance.randint(20, 900)} trades, case {number}"
        yield Lesson(said, symbols=(chance.choice(SYMBOLS),), regimes=(chance.choice(REGIMES),))


def _questions(count: int) -> list[str]:
    chance = random.Random(5)
    return [f"{_said(chance)} on {chance.choice(SYMBOLS)}, {number}" for number in range(count)]


def _said(chance: random.Random) -> str:
    return f"{chance.choice(SUBJECTS)} {chance.choice(VERBS)} {chance.choice(OBJECTS)}"
