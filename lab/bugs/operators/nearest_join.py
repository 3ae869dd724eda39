"""Two tables are joined at the nearest time, which may be a later one."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, at_pattern, with_condition
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """The style's own join, else a filter by the price of every third hour."""
    own = list(at_pattern(style, r'method="ffill"', r'method="nearest"'))
    yield from own
    if not own:
        yield from with_condition(
            style,
            '({close} * 0.99 < {close}.iloc[::36].reindex({close}.index, method="nearest"))',
            scalar=False,
        )


OPERATOR = Operator(
    "nearest_join",
    "a row meets the nearest row of another table, later ones included",
    frozenset(["lookahead"]),
    plant,
    consequences=frozenset({"gap_alignment"}),  # every 36th row is counted, not timed
)
