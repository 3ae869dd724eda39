"""Hours of another time zone under the name of UTC."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "timezone_shift",
    "the clock of the rule is shifted by some hours",
    frozenset(["unit_mismatch"]),
    from_style("timezone_shift"),
)
