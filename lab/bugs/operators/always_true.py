"""A condition that always holds: a filter that filters nothing."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "always_true",
    "a filter lets everything through",
    frozenset(["always_true"]),
    from_style("always_true"),
    consequences=frozenset({"unwired_setting"}),
)
