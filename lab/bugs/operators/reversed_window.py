"""A window runs over the bars from the last to the first, so that it holds those that follow."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, at_pattern
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """Every simple statistic of a window."""
    yield from at_pattern(
        style,
        r"\.rolling\(([^()\n]*)\)\.(mean|std|median|sum|max|min)\(\)",
        r".iloc[::-1].rolling(\1).\2().iloc[::-1]",
    )


OPERATOR = Operator(
    "reversed_window", "a statistic of the bars that follow decides", frozenset(["lookahead"]), plant
)
