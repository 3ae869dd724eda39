"""Where a look-ahead comes in, told by running: the first named value whose past changes with the future.

The strategy runs on a window of bars and on the same bars with other futures, dearer and cheaper; every column that gets a name is overheard in
each. Of the values that differ before the cut, the one is named that is not made of another: what it reads stood still.

Limits: values that are columns or tables of numbers only; of a long window 256 rows are compared, so that a change of one bar
may be missed. A longer bar that the cut falls into is left out: its future is its own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tools.analysis.probes.futures import turned
from tools.analysis.probes.watch import Watched, named_values, position, watched_rates
from tools.analysis.silence.rates import Rate
from tools.analysis.study import Study
from tools.contracts import Market

TOLERANCE = 1e-9
#: Prices of the other futures against the real one.
FACTORS = (1.25, 0.8)


def origins(study: Study, window: Market, cut: int) -> list[Watched]:
    """The named values at which the future comes in, in order of file and line; [] where none is seen to change."""
    watched = named_values(study)
    if not watched:
        return []
    futures = {str(factor): turned(window, cut, factor) for factor in FACTORS}
    rates = watched_rates(study, watched, {"plain": window, **futures}, columns_only=True)
    moved = [
        w
        for k, w in enumerate(watched)
        if any(changed(rates["plain"][k], rates[other][k], len(window), cut) for other in futures)
    ]
    return [w for w in moved if not _made_of(study, w, moved)]


def forward_functions(study: Study, window: Market, cut: int) -> list[Watched]:
    """Functions of the product whose columns' past changes although the columns that they were given stand still: the place
    inside such a function, the innermost first. They are seen where they are called, each call for itself."""
    calls = list(_product_calls(study))
    watched = list(dict.fromkeys(w for call in calls for w in (call.result, *call.given)))
    if not watched:
        return []
    futures = {str(factor): turned(window, cut, factor) for factor in FACTORS}
    rates = watched_rates(study, watched, {"plain": window, **futures}, columns_only=True)
    moved = {
        w
        for k, w in enumerate(watched)
        if any(changed(rates["plain"][k], rates[other][k], len(window), cut) for other in futures)
    }
    columns = {w for k, w in enumerate(watched) if (rate := rates["plain"][k]) is not None and rate.vector}
    guilty = [c for c in calls if c.result in moved and columns & {*c.given} and not moved & {*c.given}]
    names = {c.name for c in guilty}
    inner = [c for c in guilty if not (_called_in(study, c.name) & (names - {c.name}))]
    return [place for c in inner if (place := _inside(study, c.name)) is not None]


@dataclass(frozen=True)
class _Site:
    """A call of a product function: what it gives back, and the arguments that are names or expressions."""

    name: str
    result: Watched
    given: tuple[Watched, ...]


def _product_calls(study: Study) -> Iterator[_Site]:
    functions = {
        f.name for file in study.tree.product() for f in ast.walk(file.tree) if isinstance(f, ast.FunctionDef)
    }
    for file in study.own_files():
        for node in ast.walk(file.tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name | ast.Attribute)
                and _called(node) in functions
            ):
                given = tuple(
                    Watched(file.path, position(a), ast.unparse(a), "")
                    for a in (*node.args, *(k.value for k in node.keywords))
                    if not isinstance(a, ast.Constant | ast.Starred)
                )
                yield _Site(_called(node), Watched(file.path, position(node), ast.unparse(node), ""), given)


def _called_in(study: Study, name: str) -> set[str]:
    """Names of the functions that a function calls."""
    return {
        _called(n)
        for file in study.tree.product()
        for f in ast.walk(file.tree)
        if isinstance(f, ast.FunctionDef) and f.name == name
        for n in ast.walk(f)
        if isinstance(n, ast.Call)
    }


def _inside(study: Study, name: str) -> Watched | None:
    """The line of a function at which later rows come to earlier places: where it writes or reads a stretch that does not
    begin at the start, a loop's next element, or else where it returns."""
    for file in study.tree.product():
        for node in ast.walk(file.tree):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                inside = [n for n in ast.walk(node) if isinstance(n, ast.expr) and _shifts(n)]
                returns = [
                    n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value is not None
                ]
                for found in (*inside, *returns[::-1]):
                    return Watched(file.path, position(found), ast.unparse(found), name, name)
    return None


def _shifts(node: ast.expr) -> bool:
    """``values[n:]``, ``values[i + n]``, read."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
        return False
    part = node.slice
    if isinstance(part, ast.Slice):
        return part.lower is not None and part.upper is None and not isinstance(part.lower, ast.UnaryOp)
    return isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add)


def changed(a: Rate | None, b: Rate | None, bars: int, cut: int) -> bool:
    """Whether two columns differ in rows that end before the cut."""
    if a is None or b is None:
        return False
    if not (a.vector and b.vector) or a.calls != b.calls or not 0 < len(a.left) == len(b.left):
        return False
    rows = a.evaluated / a.calls
    places = np.linspace(0, rows - 1, len(a.left)).astype(int)
    ends = places + 1 if rows >= bars else places + 2  # longer bars need not begin where the window does
    past = ends * bars / rows <= cut
    before, after = a.left[past], b.left[past]
    gap = np.abs(before - after) > TOLERANCE * np.maximum(np.abs(before), 1.0)
    return bool(np.any(gap | (np.isnan(before) != np.isnan(after))))


def _made_of(study: Study, item: Watched, moved: list[Watched]) -> bool:
    """Whether a value reads another that moved: by its name, by a function that returns it, or as an argument."""
    others = [w for w in moved if w is not item]
    local = {w.name for w in others if w.function == item.function and w.file == item.file}
    tree = ast.parse(item.text, mode="eval")
    if set(_names(tree)) & (local - {item.name}):
        return True
    makers = {w.function.rpartition(".")[2] for w in others if w.function != item.function}
    if {_called(n) for n in ast.walk(tree) if isinstance(n, ast.Call)} & makers:
        return True
    return _given(study, item.function.rpartition(".")[2], {w.name for w in others})


def _given(study: Study, function: str, moved: set[str]) -> bool:
    """Whether some call hands a moved value to the function."""
    for file in study.tree.product():
        if file.path in study.architecture.relevant:
            for node in ast.walk(file.tree):
                if isinstance(node, ast.Call) and _called(node) == function:
                    given = [*node.args, *(k.value for k in node.keywords)]
                    if any(set(_names(value)) & moved for value in given):
                        return True
    return False


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            yield str(node.slice.value)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
