"""A bar must move by a fixed amount of money: nothing for one market, everything for another."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, with_condition
from lab.bugs.style import Style

EPSILONS = ("0.05", "0.004", "2.0")


def plant(style: Style) -> Iterator[Mutant]:
    """The body or the height of the bar against a number in price units."""
    for epsilon in EPSILONS:
        yield from with_condition(style, f"abs({{close}} - {{open}}) > {epsilon}")
        yield from with_condition(style, f"{{high}} - {{low}} > {epsilon}")


OPERATOR = Operator(
    "absolute_price_epsilon",
    "a price difference against a fixed number",
    frozenset(["absolute_price"]),
    plant,
)
