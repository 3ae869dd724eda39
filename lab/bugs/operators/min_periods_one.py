"""A window that is hardly filled counts as a whole one: the first bars after a start are decided on a statistic of few."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, at_pattern
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """Every window without a minimum of its own."""
    yield from at_pattern(
        style, r"\.rolling\(((?![^()\n]*min_periods)[^()\n]*)\)", r".rolling(\1, min_periods=1)"
    )


OPERATOR = Operator(
    "min_periods_one",
    "windows are used before they are filled",
    frozenset(["cold_start", "start_dependence"]),
    plant,
)
