"""A value is ranked among all that there are, later ones included."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, at_pattern, with_condition
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """A rank within a window that loses its window, else a filter by the rank of the volume."""
    own = list(at_pattern(style, r"\.rolling\([^()\n]*\)\.rank\(", ".rank("))
    yield from own
    if not own:
        yield from with_condition(style, "({volume}.rank(pct=True) > 0.4)", scalar=False)


OPERATOR = Operator(
    "whole_rank", "whether a value is high is told by what comes later", frozenset(["lookahead"]), plant
)
