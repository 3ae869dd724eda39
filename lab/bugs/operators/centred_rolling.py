"""A window is centred: half of it lies in the future."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, at_pattern, from_style
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """Every place, in every file; the style's own edits where it has some."""
    yield from from_style("centred_rolling")(style)
    yield from at_pattern(style, r"\.rolling\(([^()\n]*)\)\.", r".rolling(\1, center=True).")


OPERATOR = Operator("centred_rolling", "a centred window reads later bars", frozenset(["lookahead"]), plant)
