"""Two tables are joined by position instead of time: right until a bar is missing."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "positional_join",
    "rows are joined by position, so a gap shifts everything after it",
    frozenset(["gap_alignment", "start_dependence"]),
    from_style("positional_join"),
    shows="gap",
)
