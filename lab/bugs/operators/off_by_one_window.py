"""A channel that holds the bar itself: it cannot be broken."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "off_by_one_window",
    "the window includes the bar that is compared with it",
    frozenset(["unreachable_rule"]),
    from_style("off_by_one_window"),
    consequences=frozenset({"unwired_setting"}),
)
