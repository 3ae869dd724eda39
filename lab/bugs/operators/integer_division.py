"""A quotient loses its fraction."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, at_pattern
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """Every division in code."""
    yield from at_pattern(style, r"(?<=[\w)\]]) / (?=[\w(\[])", " // ")


OPERATOR = Operator(
    "integer_division",
    "a quotient is rounded down to a whole number",
    frozenset(
        [
            "always_true",
            "unreachable_rule",
            "scale_dependence",
            "absolute_price",
            "stop_never_armed",
            "distance_out_of_reach",
        ]
    ),
    plant,
    consequences=frozenset({"one_sided", "unwired_setting"}),
)
