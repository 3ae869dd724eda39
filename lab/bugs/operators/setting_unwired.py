"""A setting is replaced by the number that it happened to have."""

from __future__ import annotations

from lab.bugs.operator import Operator, from_style

OPERATOR = Operator(
    "setting_unwired",
    "turning the setting changes nothing",
    frozenset(["unwired_setting"]),
    from_style("setting_unwired"),
    shows="setting",
)
