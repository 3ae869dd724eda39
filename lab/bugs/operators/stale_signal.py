"""A signal is carried forward past its exit."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, at_pattern
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """Where a whole column of entries is written in one line."""
    yield from at_pattern(
        style,
        r'(?m)^( *out\["enter_(?:long|short)"\] = )(.+)$',
        r'\1(\2).astype(float).replace(0.0, float("nan")).ffill().fillna(0.0)',
    )


OPERATOR = Operator(
    "stale_signal",
    "an entry is asked for on every bar after the first",
    frozenset(["duplicated_entry", "stale_signal", "always_true"]),
    plant,
)
