"""The longer bar in progress is read as if it had finished."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "unfinished_bar",
    "the close of an hour is known from its first minute",
    frozenset(["lookahead"]),
    from_style("unfinished_bar"),
)
