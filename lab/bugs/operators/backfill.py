"""A gap is filled from behind: with a value that is not known yet."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, at_pattern, from_style
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """Every place, in every file; the style's own edits where it has some."""
    yield from from_style("backfill")(style)
    yield from at_pattern(style, r"\.ffill\(\)", r".bfill()")
    yield from at_pattern(style, r'method="ffill"', r'method="bfill"')
    yield from at_pattern(
        style, r"\.rolling\(([^()\n]*)\)\.(mean|std|median|sum)\(\)", r".rolling(\1).\2().bfill()"
    )


OPERATOR = Operator("backfill", "a missing value is filled with a later one", frozenset(["lookahead"]), plant)
