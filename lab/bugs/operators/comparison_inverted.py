"""A comparison points the other way."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, at_pattern
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """Every greater and every smaller in code."""
    yield from at_pattern(style, r"(?<=[\w)\]]) > (?=[\w(-])", " < ")
    yield from at_pattern(style, r"(?<=[\w)\]]) < (?=[\w(-])", " > ")


OPERATOR = Operator(
    "comparison_inverted",
    "a condition holds where it should not and does not where it should",
    frozenset(["unreachable_rule", "always_true", "one_sided", "duplicated_entry"]),
    plant,
    consequences=frozenset({"unwired_setting"}),
)
