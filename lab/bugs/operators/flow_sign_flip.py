"""Taker flow with the wrong sign: buying is counted as selling."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "flow_sign_flip",
    "net taker buying has the wrong sign",
    frozenset(["named_direction"]),
    from_style("flow_sign_flip"),
)
