"""The last bar of the sample is used on every bar."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "last_value",
    "every bar knows the last value of the sample",
    frozenset(["lookahead"]),
    from_style("last_value"),
)
