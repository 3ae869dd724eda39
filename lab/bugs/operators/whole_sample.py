"""A rolling statistic is taken of the whole sample, so the first bar knows the last."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, at_pattern, from_style
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """Every place, in every file; the style's own edits where it has some."""
    yield from from_style("whole_sample")(style)
    yield from at_pattern(style, r"\.rolling\(([^()\n]*)\)\.(mean|std|median|max|min|quantile)\(", r".\2(")


OPERATOR = Operator(
    "whole_sample",
    "a statistic of all bars, later ones included, decides on every bar",
    frozenset(["lookahead"]),
    plant,
)
