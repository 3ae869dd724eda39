"""A distance in percent where a fraction is meant: out of reach."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "percent_for_fraction",
    "a stop or target stands a hundred times too far away",
    frozenset(["distance_out_of_reach"]),
    from_style("percent_for_fraction"),
    consequences=frozenset({"unwired_setting"}),
)
