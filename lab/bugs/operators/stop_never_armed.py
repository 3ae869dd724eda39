"""A stop is worked out and never set."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "stop_never_armed",
    "no position carries the stop that is configured",
    frozenset(["stop_never_armed"]),
    from_style("stop_never_armed"),
    consequences=frozenset({"unwired_setting", "unreachable_rule"}),
)
