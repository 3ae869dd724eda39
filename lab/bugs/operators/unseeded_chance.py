"""Chance without a seed: no backtest can be repeated."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bugs.operator import Mutant, Operator, with_condition
from lab.bugs.style import Style


def plant(style: Style) -> Iterator[Mutant]:
    """A tenth of the bars is left out by lot."""
    entry = style.sites.get("entry", {})
    if entry.get("name"):
        known = "import numpy as np" in style.files[entry["file"]]
        constant = "" if known else "import numpy as np"
        yield from with_condition(style, "np.random.rand({length}) > 0.1", constant=constant)
    elif entry:
        yield from with_condition(style, "random.random() > 0.1", constant="import random")


OPERATOR = Operator(
    "unseeded_chance",
    "two runs on the same bars differ",
    frozenset(["nondeterminism"]),
    plant,
    shows="chance",
)
