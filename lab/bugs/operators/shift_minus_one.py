"""A series is shifted the wrong way: the bar after stands where the bar before should."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, at_pattern, from_style
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """Every place, in every file; the style's own edits where it has some."""
    yield from from_style("shift_minus_one")(style)
    yield from at_pattern(style, r"\.shift\(1(, fill_value=\w+)?\)", r".shift(-1\1)")


OPERATOR = Operator(
    "shift_minus_one", "a later bar is read in the place of an earlier one", frozenset(["lookahead"]), plant
)
