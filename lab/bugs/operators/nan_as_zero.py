"""A missing level is read as zero: the bar after a hole shows a jump."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "nan_as_zero",
    "missing open interest is read as none",
    frozenset(["nan_as_zero"]),
    from_style("nan_as_zero"),
    shows="holes",
)
