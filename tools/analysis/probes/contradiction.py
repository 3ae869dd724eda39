"""Two comparisons of one quantity with known numbers that exclude each other, or of which one always holds.

``x > 70 and x < 30`` can never come true, ``x > 30 or x < 70`` always is: arithmetic, no statistics, so that once asked is
enough. The sides' values are those that were seen, so that settings and constants count as numbers as well.
Joined by ``and``, ``&``, ``np.logical_and``, ``np.logical_and.reduce([...])``, ``all([...])``, and the same for "or".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tools.analysis.silence.instrument import Condition
from tools.analysis.study import Study

FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
NEGATED = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
JOINS = {"logical_and": "and", "all": "and", "logical_or": "or", "any": "or"}


@dataclass(frozen=True)
class Joined:
    """A pair: the whole expression that joins them, and the two conditions."""

    text: str
    line: int
    op: str
    pair: tuple[Condition, Condition]


@dataclass(frozen=True)
class _Bound:
    condition: Condition
    op: str
    value: float


def impossible_pairs(study: Study) -> list[Joined]:
    """Pairs joined by "and" that no number satisfies."""
    return [j for j in _pairs(study) if j.op == "and" and _exclude(*_bounds(study, j))]


def vacuous_pairs(study: Study) -> list[Joined]:
    """Pairs joined by "or" of which every number satisfies one."""
    found = []
    for joined in _pairs(study):
        if joined.op == "or":
            a, b = _bounds(study, joined)
            if _exclude(
                _Bound(a.condition, NEGATED[a.op], a.value), _Bound(b.condition, NEGATED[b.op], b.value)
            ):
                found.append(joined)
    return found


def _exclude(a: _Bound, b: _Bound) -> bool:
    """Whether no number satisfies both."""
    if a.op[0] == b.op[0]:
        return False
    low, high = (a, b) if a.op[0] == ">" else (b, a)
    return low.value > high.value or (low.value == high.value and (low.op == ">" or high.op == "<"))


def _pairs(study: Study) -> Iterator[Joined]:
    known = {
        (c.file, c.node): c for c in study.instrumented.conditions if c.kind == "compare" and c.op in FLIPPED
    }
    for path in sorted({file for file, _ in known}):
        for node in ast.walk(study.tree.files[path].tree):
            op, parts = _join(node)
            if not op:
                continue
            own = [c for part in _flat(parts, op) if (c := known.get((path, _place(part)))) is not None]
            bounds = [(c, _bound(study, c)) for c in own]
            sided = [(c, *b) for c, b in bounds if b is not None]
            for at, (first, subject, _) in enumerate(sided):
                for second, other, _ in sided[at + 1 :]:
                    if subject == other:
                        assert isinstance(node, ast.expr)
                        yield Joined(ast.unparse(node), first.line, op, (first, second))


def _bounds(study: Study, joined: Joined) -> tuple[_Bound, _Bound]:
    found = [b[1] for c in joined.pair if (b := _bound(study, c)) is not None]
    return found[0], found[1]


def _bound(study: Study, condition: Condition) -> tuple[str, _Bound] | None:
    """(the quantity's text, the bound it must keep); None where neither side is one number."""
    left, right = _still(study, condition, "left"), _still(study, condition, "right")
    if right is not None and left is None:
        return condition.left, _Bound(condition, condition.op, right)
    if left is not None and right is None:
        return condition.right, _Bound(condition, FLIPPED[condition.op], left)
    return None


def _still(study: Study, condition: Condition, side: str) -> float | None:
    """The number of a side that never changed; also where only the other side is a name that was seen once."""
    text = condition.left if side == "left" else condition.right
    try:
        return float(ast.literal_eval(text.strip()))
    except (ValueError, SyntaxError, TypeError):
        pass
    runs = [getattr(r[condition.slot], side) for r in study.rates.values() if condition.slot in r]
    values = np.concatenate(runs) if runs else np.empty(0)
    if not values.size or not np.all(values == values[0]):
        return None
    other = np.concatenate(
        [
            getattr(r[condition.slot], "right" if side == "left" else "left")
            for r in study.rates.values()
            if condition.slot in r
        ]
    )
    known = other[np.isfinite(other)]
    return float(values[0]) if known.size and not np.all(known == known[0]) else None


def _join(node: ast.AST) -> tuple[str, list[ast.expr]]:
    if isinstance(node, ast.BoolOp):
        return ("and" if isinstance(node.op, ast.And) else "or"), list(node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
        return ("and" if isinstance(node.op, ast.BitAnd) else "or"), [node.left, node.right]
    if isinstance(node, ast.Call):
        func, args = node.func, list(node.args)
        if isinstance(func, ast.Attribute) and func.attr == "reduce":
            func = func.value
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        if name in JOINS:
            lists = [e for a in args if isinstance(a, ast.List | ast.Tuple) for e in a.elts]
            return JOINS[name], lists or args
    return "", []


def _flat(parts: list[ast.expr], op: str) -> Iterator[ast.expr]:
    for part in parts:
        inner, more = _join(part)
        if inner == op:
            yield from _flat(more, op)
        else:
            yield part


def _place(node: ast.expr) -> tuple[int, int, int, int]:
    return node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0
