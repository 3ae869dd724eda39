"""A condition that can never hold, as far as the source alone proves it.

Proved: bounds that contradict each other in one conjunction (``x > 70 and x < 30``); oscillators beyond their
range (RSI, MFI, ADX, stochastics: 0..100; Williams %R: -100..0); an absolute value below zero; a price above the
rolling maximum that includes it. What needs data is left to the dynamic probe.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from tools.analysis.detectors.absolute_threshold import FLIPPED
from tools.analysis.detectors.base import Code, Suspect
from tools.analysis.source import SourceFile
from tools.contracts import Severity

RANGES = {
    "rsi": (0.0, 100.0),
    "mfi": (0.0, 100.0),
    "adx": (0.0, 100.0),
    "stoch": (0.0, 100.0),
    "willr": (-100.0, 0.0),
}
SYMBOLS = {ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<="}
Bound = tuple[str, str, float]  # subject, operator, number


def detect(code: Code) -> Iterable[Suspect]:
    """Impossible comparisons and contradictory conjunctions."""
    numbers = _numbers(code)
    for file in code.relevant():
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Compare):
                yield from _comparison(code, file, node, numbers)
            if isinstance(node, ast.Call) and _empty_between(node, numbers):
                yield _suspect(code, file, node, "its lower bound is above its upper bound")
            if _is_conjunction(node) and not _is_conjunction(code.parents.get(node)):
                yield from _conjunction(code, file, node, numbers)


def _numbers(code: Code) -> dict[ast.AST, float]:
    """Values of expressions that are one constant in every context in which they were read."""
    found: dict[ast.AST, float] = {}
    for item in code.flow.comparisons:
        for node, value in ((item.left_node, item.left), (item.right_node, item.right)):
            constant = value.constant
            if constant is not None and constant.value is not None and constant.kind != "table":
                if found.get(node, constant.value) == constant.value:
                    found[node] = constant.value
                else:
                    found[node] = float("nan")
    return found


def _bounds(file: SourceFile, node: ast.Compare, numbers: dict[ast.AST, float]) -> list[Bound]:
    """The comparison as bounds on its subject, for each link of the chain."""
    sides = [node.left, *node.comparators]
    bounds: list[Bound] = []
    for i, op in enumerate(node.ops):
        symbol = SYMBOLS.get(type(op))
        left, right = sides[i], sides[i + 1]
        if symbol is None:
            continue
        if right in numbers and left not in numbers:
            bounds.append((file.segment(left), symbol, numbers[right]))
        elif left in numbers and right not in numbers:
            bounds.append((file.segment(right), FLIPPED[symbol], numbers[left]))
    return bounds


def _comparison(
    code: Code, file: SourceFile, node: ast.Compare, numbers: dict[ast.AST, float]
) -> Iterator[Suspect]:
    for subject, symbol, number in _bounds(file, node, numbers):
        low, high = _range(subject)
        impossible = {">": number >= high, ">=": number > high, "<": number <= low, "<=": number < low}[
            symbol
        ]
        if impossible:
            yield _suspect(code, file, node, f"`{subject}` lies within {low:g} and {high:g}")
    if len(node.ops) == 1 and _beyond_own_extreme(code, node):
        yield _suspect(
            code, file, node, "the rolling extreme includes the bar itself (a shift(1) is missing)"
        )


def _empty_between(node: ast.Call, numbers: dict[ast.AST, float]) -> bool:
    """``x.between(a, b)`` with a above b."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr != "between" or len(node.args) < 2:
        return False
    low, high = node.args[:2]
    return low in numbers and high in numbers and numbers[low] > numbers[high]


def _range(subject: str) -> tuple[float, float]:
    """What values a subject can take, by its last word."""
    words = re.findall(r"[a-z]+", subject.lower())
    if re.fullmatch(r"(np\.|numpy\.)?abs\(.*\)|.*\.abs\(\)", subject):
        return 0.0, float("inf")
    simple = bool(re.fullmatch(r"[\w.\[\]'\"]+", subject))
    for word, limits in RANGES.items():
        if (
            simple
            and words
            and word in words
            and not set(words) & {"diff", "slope", "z", "zscore", "sum", "pct"}
        ):
            return limits
    return float("-inf"), float("inf")


def _beyond_own_extreme(code: Code, node: ast.Compare) -> bool:
    """``close > high.rolling(n).max()``, ``close < low.rolling(n).min()``: strict, so never true."""
    kind = type(node.ops[0])
    left, right = code.local(node.left), code.local(node.comparators[0])
    for value, extreme, wanted in (
        (left, right, {ast.Gt: "max", ast.Lt: "min"}),
        (right, left, {ast.Lt: "max", ast.Gt: "min"}),
    ):
        inner = _rolled(code, extreme, wanted.get(kind, ""))
        if inner and _column(value) and _not_beyond(_column(value), inner, wanted[kind]):
            return True
    return False


def _rolled(code: Code, node: ast.expr, method: str) -> str:
    """The column whose rolling maximum or minimum this is, or ""."""
    if (
        not method
        or not isinstance(node, ast.Call)
        or not isinstance(node.func, ast.Attribute)
        or node.func.attr != method
    ):
        return ""
    window = node.func.value
    if (
        isinstance(window, ast.Call)
        and isinstance(window.func, ast.Attribute)
        and window.func.attr == "rolling"
    ):
        return _column(code.local(window.func.value))
    return ""


def _column(node: ast.expr) -> str:
    """The column that an expression reads plainly, or ""."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    ):
        return node.slice.value.lower()
    if isinstance(node, ast.Attribute):
        return node.attr.lower()
    return node.id.lower() if isinstance(node, ast.Name) else ""


def _not_beyond(value: str, rolled: str, method: str) -> bool:
    extreme = "high" if method == "max" else "low"
    return value == rolled or (rolled == extreme and value in ("close", "open", "high", "low"))


def _is_conjunction(node: ast.AST | None) -> bool:
    if isinstance(node, ast.BoolOp):
        return isinstance(node.op, ast.And)
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd)


def _terms(node: ast.AST) -> Iterator[ast.AST]:
    """The terms of a conjunction, flattened."""
    parts = (
        node.values
        if isinstance(node, ast.BoolOp)
        else [node.left, node.right]
        if isinstance(node, ast.BinOp)
        else []
    )
    for part in parts:
        if _is_conjunction(part):
            yield from _terms(part)
        else:
            yield part


def _conjunction(
    code: Code, file: SourceFile, node: ast.AST, numbers: dict[ast.AST, float]
) -> Iterator[Suspect]:
    limits: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for term in _terms(node):
        if isinstance(term, ast.Compare):
            for subject, symbol, number in _bounds(file, term, numbers):
                limits[subject].append((symbol, number))
    for subject, bounds in limits.items():
        lows = [n for symbol, n in bounds if symbol in (">", ">=")]
        highs = [n for symbol, n in bounds if symbol in ("<", "<=")]
        if lows and highs and max(lows) > min(highs):
            yield _suspect(
                code, file, node, f"`{subject}` cannot be above {max(lows):g} and below {min(highs):g}"
            )


def _suspect(code: Code, file: SourceFile, node: ast.AST, why: str) -> Suspect:
    text = f"`{file.segment(node)}` can never hold: {why}."
    return Suspect(file, node, code.function_of(node), "unreachable_rule", Severity.HIGH, text, {"why": why})
