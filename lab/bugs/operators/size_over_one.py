"""Positions are sized beyond what there is."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, at_pattern
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """A size by volatility that nobody limits, beside the longest time or in the place of a limited one."""
    yield from at_pattern(style, r"np\.clip\((\w+ / \w+), 0\.05, 1\.0\)", r"\1 + 1.0")
    yield from at_pattern(
        style,
        r'(?m)^( *)(\w+)\["max_bars"\] = ',
        r'\1\2["size"] = 0.7 + 40 * \2["stop"]\n\1\2["max_bars"] = ',
    )


OPERATOR = Operator(
    "size_over_one",
    "more than the whole account is put into one position",
    frozenset(["strategy_fails", "distance_out_of_reach"]),
    plant,
)
