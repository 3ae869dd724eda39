"""What is wrong with a market. Nothing is mended here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.contracts import PRICE_COLUMNS, Ints, Market
from tools.market.clock import MINUTE_NS, NO_TIME, timeframe_text
from tools.market.problems import Problem, ProblemCode

Mask = NDArray[np.bool_]


def validate(market: Market, *, timeframe_minutes: int | None = None) -> tuple[Problem, ...]:
    """Every kind of problem in ``market``, most basic first; empty when it is clean.

    ``timeframe_minutes`` is what the configuration says the bars are; None = believe the bars. NaN is an
    allowed "not known" in every column but the prices."""
    if len(market) < 2:
        first = int(market.time[0]) if len(market) else None
        return (Problem(ProblemCode.TOO_SHORT, len(market), first, "bars in all"),)
    return (*_time_problems(market, timeframe_minutes), *_value_problems(market))


def bad_price_rows(market: Market) -> Mask:
    """Rows with a price that is NaN, infinite, zero or negative."""
    bad = np.zeros(len(market), dtype=bool)
    for name in PRICE_COLUMNS:
        values = market.columns[name]
        bad |= ~(np.isfinite(values) & (values > 0))
    return bad


def bad_range_rows(market: Market) -> Mask:
    """Rows whose prices are usable but where high < low, or open or close lie outside of them."""
    opens, highs, lows, closes = (market.columns[name] for name in PRICE_COLUMNS)
    wrong = (highs < lows) | (opens > highs) | (opens < lows) | (closes > highs) | (closes < lows)
    return wrong & ~bad_price_rows(market)


def _time_problems(market: Market, expected: int | None) -> list[Problem]:
    time = market.time
    problems = _masked(ProblemCode.TIME_MISSING, time == NO_TIME, time, "rows without a time")
    known = time[time != NO_TIME]
    steps = np.diff(known)
    later = known[1:]
    problems += _masked(ProblemCode.UNSORTED, steps < 0, later, "rows earlier than the row before")
    ordered = np.sort(known)
    problems += _masked(ProblemCode.DUPLICATE, np.diff(ordered) == 0, ordered[1:], "repeated times")
    if expected is not None and expected != market.timeframe_minutes:
        value = f"bars of {timeframe_text(market.timeframe_minutes)}, but {timeframe_text(expected)} is configured"
        return [*problems, Problem(ProblemCode.TIMEFRAME, len(market), int(ordered[0]), value)]
    return problems + _spacing(np.unique(known), market.timeframe_minutes * MINUTE_NS)


def _spacing(time: Ints, step: int) -> list[Problem]:
    """Gaps, and times off the grid. ``time`` is sorted and unique."""
    distance = np.diff(time)
    off_grid = distance % step != 0
    problems = _masked(
        ProblemCode.IRREGULAR, off_grid, time[1:], f"bars not on the {step // MINUTE_NS}-minute grid"
    )
    holes = (distance > step) & ~off_grid
    if holes.any():
        missing = int((distance[holes] // step - 1).sum())
        first = int(time[:-1][holes][0]) + step
        gaps = int(holes.sum())
        words = f"bars missing in {gaps} gap{'s' if gaps > 1 else ''}"
        problems.append(Problem(ProblemCode.GAP, missing, first, words))
    return problems


def _value_problems(market: Market) -> list[Problem]:
    problems: list[Problem] = []
    bad = bad_price_rows(market)
    if bad.any():
        row = int(np.argmax(bad))
        shown = ", ".join(f"{name} {market.columns[name][row]:g}" for name in PRICE_COLUMNS)
        problems += _masked(
            ProblemCode.PRICE, bad, market.time, f"rows with a price that is not positive ({shown})"
        )
    wrong = bad_range_rows(market)
    if wrong.any():
        row = int(np.argmax(wrong))
        shown = ", ".join(f"{name} {market.columns[name][row]:g}" for name in PRICE_COLUMNS)
        text = f"rows with high below low, or open or close outside ({shown})"
        problems += _masked(ProblemCode.HIGH_LOW, wrong, market.time, text)
    for name in market.columns_of("volume", "quote_volume"):
        negative = market.columns[name] < 0
        problems += _masked(ProblemCode.NEGATIVE_VOLUME, negative, market.time, f"negative values of {name}")
    for name, values in market.columns.items():
        if name not in PRICE_COLUMNS:
            problems += _masked(
                ProblemCode.NOT_FINITE, np.isinf(values), market.time, f"infinite values of {name}"
            )
    return problems


def _masked(code: ProblemCode, mask: Mask, time: Ints, words: str) -> list[Problem]:
    """One problem where any row of ``mask`` is set, else none."""
    if not mask.any():
        return []
    first = int(time[int(np.argmax(mask))])
    return [Problem(code, int(mask.sum()), None if first == NO_TIME else first, words)]
