"""An exit whose condition cannot come true."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "exit_unreachable",
    "an exit rule can never hold",
    frozenset(["unreachable_rule"]),
    from_style("exit_unreachable"),
    consequences=frozenset({"unwired_setting"}),
)
