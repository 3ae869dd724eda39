"""Entries ask for a fixed turnover: the quiet market never trades."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, with_condition
from lab.bugs.style import Style

#: In quote units a bar. The first in the drawn order that changes something is used.
FLOORS = ("1_000_000.0", "250_000.0", "5_000_000", "40_000.0")


def plant(style: Style) -> Iterator[Mutant]:
    """A literal in the condition, or a constant of the module."""
    for floor in FLOORS:
        yield from with_condition(style, f"{{volume}} * {{close}} > {floor}")
        yield from with_condition(
            style, "{volume} * {close} > MIN_TURNOVER", constant=f"MIN_TURNOVER = {floor}"
        )


OPERATOR = Operator(
    "absolute_volume_floor",
    "an absolute floor on what is traded",
    frozenset(["absolute_threshold", "absolute_price"]),
    plant,
    consequences=frozenset(["absolute_price"]),
)
