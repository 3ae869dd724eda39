"""The fees that a move must exceed are taken with the wrong sign."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, at_pattern
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """Where a number of fees is multiplied out."""
    yield from at_pattern(style, r"(rules\.edge_fees|MIN_EDGE_FEES) \* ", r"-\1 * ")


OPERATOR = Operator(
    "fee_sign",
    "every trade seems worth its fees",
    frozenset(["always_true", "unreachable_rule", "unwired_setting"]),
    plant,
)
