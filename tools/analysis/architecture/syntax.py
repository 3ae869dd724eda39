"""Small readings of syntax and of containers that the parts of the reader share."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import replace

from tools.analysis.architecture.machine import combine
from tools.analysis.architecture.values import UNKNOWN, Constant, Shape, Value, join, same_unit

ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def iterated(source: Value) -> Value:
    """One element of an iterated value."""
    if source.items:
        value = source.items[0]
        for item in source.items[1:]:
            value = join(value, item)
        return value
    shape = Shape.SCALAR if source.shape is Shape.SERIES else source.shape
    return replace(source, shape=shape, constant=None)


def string_keys(node: ast.expr) -> list[str]:
    """String literals that select columns: ``x["a"]``, ``x[["a", "b"]]``, ``x.loc[m, "a"]``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.Tuple) and len(node.elts) == 2:
        return string_keys(node.elts[1])
    if isinstance(node, ast.List) and node.elts:
        names = [
            item.value for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)
        ]
        return names if len(names) == len(node.elts) else []
    return []


def container(values: list[Value]) -> Value:
    """Elements of one container: their common unit, all their sources."""
    result = UNKNOWN
    for i, value in enumerate(values):
        unit = value.unit if not i else same_unit(result, value)
        constant = value.constant if not i or result.constant is not None else None
        result = replace(combine(result, value), unit=unit, constant=constant)
    return result


def fold(op: ast.operator, left: Constant, right: Constant) -> Constant:
    """Arithmetic on two constants; the named one keeps the name."""
    named = left if left.name or not right.name else right
    apply = ARITHMETIC.get(type(op))
    if (
        isinstance(op, ast.Pow)
        and left.value is not None
        and right.value is not None
        and abs(right.value) < 64
    ):
        apply = small_power
    if apply is None or left.value is None or right.value is None:
        return named._replace(value=None)
    try:
        return named._replace(value=apply(left.value, right.value))
    except ArithmeticError:
        return named._replace(value=None)


def small_power(base: float, exponent: float) -> float:
    result = base**exponent
    return float(result) if isinstance(result, float | int) else float("nan")


def inner_default(node: ast.expr) -> ast.expr:
    """``field(default=x)``, ``Field(x)``, ``IntParameter(…, default=x)`` -> x."""
    if not isinstance(node, ast.Call):
        return node
    for keyword in node.keywords:
        if keyword.arg == "default":
            return keyword.value
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return node.args[0] if name == "Field" and node.args else node


def is_property(node: ast.AST) -> bool:
    names = {getattr(item, "id", getattr(item, "attr", "")) for item in getattr(node, "decorator_list", [])}
    return bool(names & {"property", "cached_property"})


def integer(node: ast.expr) -> int | None:
    """A literal index, negative ones included."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = integer(node.operand)
        return -inner if inner is not None else None
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None


def negative(node: ast.expr) -> bool:
    number = integer(node)
    return number is not None and number < 0


def ahead(node: ast.expr, least: int = 1) -> bool:
    """``i + 1``: an index past the current bar."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add):
        return False
    number = integer(node.right)
    return isinstance(node.left, ast.Name) and number is not None and number >= least
