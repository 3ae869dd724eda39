"""A value between two known ones is drawn as a line to the later."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, at_pattern
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """Wherever the last known value is kept."""
    yield from at_pattern(style, r"\.ffill\(\)", ".interpolate()")


OPERATOR = Operator(
    "interpolated", "a missing value leans to one that comes later", frozenset(["lookahead"]), plant
)
