"""Computed floats are compared for equality."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "float_equality",
    "a rounding decides whether the rule ever fires",
    frozenset(["float_equality", "unreachable_rule"]),
    from_style("float_equality"),
    consequences=frozenset({"unwired_setting"}),
)
