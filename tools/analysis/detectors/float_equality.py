"""Computed floats are compared for equality: true today, false after a rounding.

Silent where both sides are values as they came (a column, its maximum, a shifted copy) and for whole numbers,
which scores and flags are counted in.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tools.analysis.detectors.base import Code, Suspect
from tools.contracts import Severity

COMPUTED = frozenset(
    [
        "mean",
        "std",
        "var",
        "ewm",
        "pct_change",
        "corr",
        "quantile",
        "median",
        "log",
        "exp",
        "sqrt",
        "zscore",
        "interpolate",
    ]
)


def detect(code: Code) -> Iterable[Suspect]:
    """Equality of a computed float with another value that is not a whole number."""
    for item in code.flow.comparisons:
        if item.operator not in ("==", "!=") or item.file not in code.arch.relevant:
            continue
        if any(_exact(code, node) for node in (item.left_node, item.right_node)):
            continue
        if not (item.left.origins or item.right.origins):
            continue
        if _computed(code, item.left_node) or _computed(code, item.right_node):
            file = code.tree.files[item.file]
            text = f"`{file.segment(item.node)}` compares computed floats for equality; a rounding decides."
            details = {"operator": item.operator}
            yield Suspect(file, item.node, item.function, "float_equality", Severity.LOW, text, details)


def _exact(code: Code, node: ast.expr) -> bool:
    """Whole numbers, texts, None, truth values: compared exactly."""
    node = code.local(node)
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, float) or node.value.is_integer()
    return isinstance(node, ast.Compare | ast.BoolOp)


def _computed(code: Code, node: ast.expr) -> bool:
    """Whether the value comes out of float arithmetic."""
    node = code.local(node)
    if isinstance(node, ast.UnaryOp):
        return _computed(code, node.operand)
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Div):
            return True
        floats = [n for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, float)]
        return isinstance(node.op, ast.Mult | ast.Add | ast.Sub) and (
            bool(floats) or _computed(code, node.left) or _computed(code, node.right)
        )
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in COMPUTED:
            return True
        keeps = name in ("abs", "shift", "fillna", "round_", "where", "to_numpy")
        return keeps and isinstance(node.func, ast.Attribute) and _computed(code, node.func.value)
    return isinstance(node, ast.Attribute) and node.attr == "values" and _computed(code, node.value)
