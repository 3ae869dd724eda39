"""A duration is counted in another unit than its name says."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "unit_x60",
    "minutes are counted in seconds, or hours in minutes",
    frozenset(["unit_mismatch"]),
    from_style("unit_x60"),
    consequences=frozenset({"unwired_setting", "always_true"}),
)
