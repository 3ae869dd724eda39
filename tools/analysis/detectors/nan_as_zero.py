"""Missing is taken for zero before a change or a ratio is formed: the bar after a hole shows an infinite rise.

Zero is right for what adds up (no trades, no volume) and for differences; it is wrong for levels: open interest,
prices, an index. So only levels count, and only where a change, a ratio or a logarithm follows.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tools.analysis.architecture.columns import PRICES
from tools.analysis.detectors.base import Code, Suspect, span
from tools.contracts import Severity

PLAIN = frozenset(
    [
        "astype",
        "copy",
        "replace",
        "reindex",
        "ffill",
        "to_numpy",
        "sort_index",
        "get",
        "where",
        "mask",
        "squeeze",
        "infer_objects",
        "convert_dtypes",
    ]
)


def detect(code: Code) -> Iterable[Suspect]:
    """Zero-filled levels that a change, a ratio or a logarithm is taken of."""
    spoiled = {o: event for event in code.flow.events for o in event.sources if o.kind == "zeroed"}
    places = {(o.file, o.line, o.column): (o, event) for o, event in spoiled.items()}
    for file in code.relevant():
        for node in ast.walk(file.tree):
            if not isinstance(node, ast.Call):
                continue
            hit = places.get((file.path, node.lineno, node.col_offset))
            if hit is None or not _fills(node, hit[0].name) or not _of_level(code, node, hit[1].node):
                continue
            origin, event = hit
            where = f"{event.file}:{event.node.lineno}"
            text = f"`{file.segment(node)}` makes a missing level 0; the {event.kind} at {where} then shows a jump."
            details = {"used_by": event.kind, "used_node": span(event.node), "used_file": event.file}
            yield Suspect(file, node, origin.function, "nan_as_zero", Severity.HIGH, text, details)


def _fills(node: ast.Call, name: str) -> bool:
    return getattr(node.func, "attr", getattr(node.func, "id", "")) == name


def _of_level(code: Code, filling: ast.Call, use: ast.expr) -> bool:
    """Whether a level was filled, or a whole table of which a level is used."""
    if is_level(code, _filled(filling)):
        return True
    table = isinstance(_filled(filling), ast.Name)
    return table and isinstance(use, ast.Call) and is_level(code, _filled(use))


def _filled(node: ast.Call) -> ast.expr:
    """What is filled."""
    library = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") in (
        "np",
        "numpy",
        "pd",
    )
    if isinstance(node.func, ast.Attribute) and not library:
        return node.func.value
    return node.args[0] if node.args else node


def is_level(code: Code, node: ast.expr) -> bool:
    """Whether an expression is a level column as it came: open interest or a price, perhaps cast or aligned."""
    node = code.local(node)
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PLAIN:
        if node.func.attr == "get" and node.args and isinstance(node.args[0], ast.Constant):
            return _level_name(str(node.args[0].value))
        node = code.local(node.func.value)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return _level_name(str(node.slice.value))
    if isinstance(node, ast.Attribute):
        return (node.attr == "values" and is_level(code, node.value)) or _level_name(node.attr)
    return isinstance(node, ast.Name) and _level_name(node.id)


def _level_name(name: str) -> bool:
    low = name.lower()
    words = set(low.split("_"))
    return low in PRICES or {"open", "interest"} <= words or bool(words & {"oi", "price", "close", "index"})
