"""The fee is configured and no longer counted."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "fee_not_counted",
    "the cost of trading is left out of the edge that is asked for",
    frozenset(["unwired_setting"]),
    from_style("fee_not_counted"),
    shows="setting",
)
