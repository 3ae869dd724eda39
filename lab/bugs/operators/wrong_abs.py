"""An absolute value where the sign matters: one side can no longer trade."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "wrong_abs",
    "one direction is lost",
    frozenset(["one_sided", "unreachable_rule"]),
    from_style("wrong_abs"),
    consequences=frozenset({"unwired_setting"}),
)
