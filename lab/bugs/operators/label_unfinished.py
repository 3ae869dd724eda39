"""An hourly table carries the label of the hour's start, so that its last price is known an hour too early."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, with_condition
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """A filter by the hour's move, in strategies on whole columns."""
    hour = '{close}.resample("1h", label="left").last()'
    yield from with_condition(
        style,
        f'({{close}} * 0.997 < {hour}.reindex({{close}}.index, method="ffill"))',
        scalar=False,
    )


OPERATOR = Operator(
    "label_unfinished",
    "the last price of an hour is known from its first bar",
    frozenset(["lookahead"]),
    plant,
)
