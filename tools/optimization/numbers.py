"""Plain numbers in syntax trees."""

from __future__ import annotations

import ast


def number_of(node: ast.expr) -> float | int | bool | None:
    """The number or truth value that an expression is, None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = number_of(node.operand)
        return None if inner is None or isinstance(inner, bool) else -inner
    return None
