"""Candles as an exchange sends them, row by row: what can be believed is kept, what cannot is counted and refused."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PRICES = ("open", "high", "low", "close")
#: What a taker may have bought beyond the whole volume, for rounding's sake.
_ROUNDING = 1e-6

Bar = tuple[float, ...]


@dataclass(frozen=True)
class Layout:
    """Where in a row each column stands. The time, in ms UTC at the bar's open, is the first value of a row."""

    places: Mapping[str, int]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names, in the order in which a Bar holds them."""
        return tuple(self.places)


@dataclass
class Page:
    """What one answer held: bars by open time (ms), why rows were refused, and the first bar after the wanted end."""

    bars: dict[int, Bar] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    beyond: int | None = None


def read_page(
    rows: Sequence[object], layout: Layout, *, step: int, wanted: tuple[int, int], now: int
) -> Page:
    """Rows in any order, repeated or broken. ``step`` and ``now`` in ms; bars that open in ``wanted`` (half-open) and
    have closed by ``now`` are kept; of two that differ at one time the later row is. Nothing is mended."""
    page = Page()
    for row in rows:
        time = whole_number(row[0]) if isinstance(row, list | tuple) and row else None
        values = _values(row, layout)
        why = _why_not(time, values, layout, step, now)
        if why is not None or time is None or values is None:
            page.refused[why or "rows that are no candles"] += 1
            continue
        if time >= wanted[1]:
            page.beyond = time if page.beyond is None else min(page.beyond, time)
        if time + step > now or not wanted[0] <= time < wanted[1]:
            continue  # the bar at hand, and bars that nobody asked for
        if page.bars.get(time, values) != values:
            page.refused["rows that contradict another of the same time"] += 1
        page.bars[time] = values
    return page


def whole_number(value: object) -> int | None:
    """An integer, whether it comes as one, as a float or as text; else None."""
    number = real_number(value)
    return int(number) if number is not None and number == int(number) else None


def real_number(value: object) -> float | None:
    """A finite float from a number or its text; else None. True and False are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _values(row: object, layout: Layout) -> Bar | None:
    if not isinstance(row, list | tuple) or len(row) <= max(layout.places.values()):
        return None
    numbers = [real_number(row[place]) for place in layout.places.values()]
    known = [number for number in numbers if number is not None]
    return tuple(known) if len(known) == len(numbers) else None


def _why_not(time: int | None, values: Bar | None, layout: Layout, step: int, now: int) -> str | None:
    if time is None or values is None:
        return "rows that are no candles"
    if time % step:
        return "bars off the grid"
    if time > now + step:  # within a bar it is a clock that is a little off
        return "bars from the future"
    named = dict(zip(layout.columns, values, strict=True))
    opens, high, low, close = (named[name] for name in PRICES)
    if min(opens, high, low, close) <= 0 or high < max(opens, close) or low > min(opens, close):
        return "bars with impossible prices"
    amounts = [named[name] for name in layout.columns if name not in PRICES]
    if amounts and min(amounts) < 0:
        return "bars with a negative volume"
    if named.get("taker_buy_volume", 0.0) > named["volume"] * (1 + _ROUNDING):
        return "bars whose takers bought more than was traded"
    return None
