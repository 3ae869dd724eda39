"""Laws of the parts of a fetch: however an exchange cuts its answers up, the bars are the same."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.market.fetch_file import Held, Origin
from tools.market.fetch_pages import CandleWalk
from tools.market.fetch_rows import Layout
from tools.market.fetch_series import STALE_AFTER, funding_on_bars, levels_on_bars
from tools.market.spans import merged, without

STEP = 300_000
PLAIN = Layout({"open": 1, "high": 2, "low": 3, "close": 4, "volume": 5})
JUNK: list[Any] = [None, "row", [], [1], [7, 1, 1, 1, 1, 1], [STEP, "x", 1, 1, 1, 1], [STEP, 1, 0.5, 1, 1, 1]]
spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def row(k: int) -> list[Any]:
    return [k * STEP, 10 + k, 12 + k, 9 + k, 11 + k, float(k)]


@settings(deadline=None, max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(1, 60), st.sets(st.integers(0, 59), max_size=20))
def test_any_pages_in_any_order_with_repeats_and_junk_give_the_same_bars(
    chance: random.Random, count: int, gaps: set[int]
) -> None:
    """Answers may be cut short and repeated, be out of order, hold rows that are none, and begin late after a gap."""
    there = [k for k in range(count) if k not in gaps]

    def ask(since: int, wanted: int) -> list[Any]:
        ahead = [k for k in there if k * STEP >= since][: min(wanted, chance.randint(1, 7))]
        rows = [row(k) for k in ahead] + [row(k) for k in ahead if chance.random() < 0.3]
        rows += [*chance.choices(JUNK, k=chance.randint(0, 3)), row(-1), row(10_000)]
        chance.shuffle(rows)
        return rows

    walk = CandleWalk(ask, PLAIN, STEP, page=5, now=(count + 1) * STEP)
    at, bars = 0, {}
    while at < count * STEP:
        found, at = walk.read((at, min(count * STEP, at + 20 * STEP)))
        bars |= found
    assert bars == {k * STEP: tuple(float(x) for x in row(k)[1:]) for k in there}


@given(spans, st.tuples(st.integers(0, 60), st.integers(0, 60)))
def test_what_is_missing_is_what_was_wanted_and_not_asked_for(
    asked: list[tuple[int, int]], wanted: tuple[int, int]
) -> None:
    covered = {t for start, end in asked for t in range(start, end)}
    left = [t for start, end in without(wanted, asked) for t in range(start, end)]
    assert left == [t for t in range(*wanted) if t not in covered]
    whole = merged(asked)
    assert {t for start, end in whole for t in range(start, end)} == covered
    assert all(a[1] < b[0] for a, b in pairwise(whole))


@given(st.lists(st.lists(st.integers(0, 40), max_size=10, unique=True), min_size=1, max_size=5))
def test_bars_that_come_in_parts_are_the_bars(parts: list[list[int]]) -> None:
    held = Held(Origin("x", "A/B", "5m"))
    for part in parts:
        time = np.array(sorted(part), dtype=np.int64)
        held = held.plus(time, {"close": time * 2.0}, (0, 0))
    assert held.time.tolist() == sorted({t for part in parts for t in part})
    assert held.columns["close"].tolist() == [2.0 * t for t in held.time]


@given(
    st.dictionaries(st.integers(0, 50 * STEP), st.floats(0.1, 9), max_size=20),
    st.sets(st.integers(0, 60), min_size=1),
    st.integers(1, 4),
)
def test_a_level_is_the_newest_that_was_published_by_the_bars_open(
    records: dict[int, float], bars: set[int], every: int
) -> None:
    time = np.array(sorted(bars), dtype=np.int64) * STEP
    for at, value in zip(time, levels_on_bars(records, time, every * STEP), strict=True):
        old = [t for t in records if t <= at and at - t <= STALE_AFTER * every * STEP]
        assert (np.isnan(value) and not old) or value == records[max(old)]


@given(st.dictionaries(st.integers(0, 50 * STEP), st.floats(-0.5, 0.5).filter(bool), max_size=20))
def test_each_payment_is_on_one_bar_that_opens_within_the_minute_or_after(records: dict[int, float]) -> None:
    time = np.arange(0, 60, dtype=np.int64) * STEP
    column = funding_on_bars(records, time, STEP)
    assert np.isclose(column.sum(), sum(records.values()))
    for at in time[column != 0]:
        assert any(at - STEP < t - t % 60_000 <= at for t in records)
