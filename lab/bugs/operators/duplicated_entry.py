"""An entry, or a term of its score, is written twice."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "duplicated_entry",
    "the same entry or term counts twice",
    frozenset(["duplicated_entry"]),
    from_style("duplicated_entry"),
)
