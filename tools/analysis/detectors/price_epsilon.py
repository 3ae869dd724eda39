"""A price, or a price difference, is compared with a fixed number, or prices are rounded to fixed decimals.

0.0002 is nothing at 100,000 and a third of the candles at 0.20. Same reading as absolute_threshold, for sides
that scale with the price alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tools.analysis.detectors.absolute_threshold import make_suspect, scaled_comparisons
from tools.analysis.detectors.base import Code, Suspect
from tools.contracts import Severity


def detect(code: Code) -> Iterable[Suspect]:
    """Comparisons and roundings in price units."""
    for item, quantity, limit in scaled_comparisons(code):
        if quantity.unit is not None and quantity.unit.amount == 0:
            yield make_suspect(code, item, quantity, limit, "price_epsilon", "the quotation of the price")
    yield from _roundings(code)


def _roundings(code: Code) -> Iterator[Suspect]:
    for node in code.flow.values:
        place = code.flow.where.get(node)
        if not isinstance(node, ast.Call) or place is None or place[0] not in code.arch.relevant:
            continue
        subject = _rounded(node)
        if subject is None:
            continue
        units = [value.unit for value in code.flow.values.get(subject, []) if value.unit is not None]
        if units and all(u.price != 0 and u.amount == 0 and not u.mixed and not u.log for u in units):
            file = code.tree.files[place[0]]
            text = f"`{file.segment(node)}` rounds a price to fixed decimals: nothing at 100,000, everything at 0.0001."
            yield Suspect(file, node, place[1], "price_epsilon", Severity.MEDIUM, text, {"rounding": True})


def _rounded(node: ast.Call) -> ast.expr | None:
    """What ``x.round(2)``, ``round(x, 2)`` or ``np.round(x, 2)`` rounds."""
    decimals = [a for a in node.args if isinstance(a, ast.Constant) and type(a.value) is int]
    decimals += [
        k.value
        for k in node.keywords
        if k.arg in ("decimals", "ndigits") and isinstance(k.value, ast.Constant)
    ]
    if not decimals:
        return None
    if isinstance(node.func, ast.Name) and node.func.id == "round" and len(node.args) == 2:
        return node.args[0]
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("round", "around"):
        library = isinstance(node.func.value, ast.Name) and node.func.value.id in ("np", "numpy")
        return node.args[0] if library else node.func.value
    return None
