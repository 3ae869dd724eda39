"""A running total whose level means something: it depends on where the data starts."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, from_style, with_condition
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """The style's own, or the sign of an on-balance volume as a filter."""
    own = list(from_style("cumulative_origin")(style))
    yield from own
    if not own:
        yield from with_condition(
            style, "({volume} * (({close} > {open}) * 2.0 - 1.0)).cumsum() > 0", scalar=False
        )


OPERATOR = Operator(
    "cumulative_origin",
    "decisions depend on the first bar of the data",
    frozenset(["start_dependence", "cumulative_origin", "absolute_threshold"]),
    plant,
)
