"""The time of the last trade is not written down, so that the pause after it never begins."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, from_style
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """The style's own."""
    yield from from_style("cooldown_never_armed")(style)


OPERATOR = Operator(
    "cooldown_never_armed",
    "a pause between trades is asked for and never taken",
    frozenset(["unreachable_rule", "unwired_setting", "always_true"]),
    plant,
)
