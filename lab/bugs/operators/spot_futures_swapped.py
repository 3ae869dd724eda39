"""Spot and futures swapped in the premium."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "spot_futures_swapped",
    "the premium of the future is that of spot over the future",
    frozenset(["named_direction"]),
    from_style("spot_futures_swapped"),
)
