"""Where a look-ahead comes in, told by running: the first named value whose past changes with the future.

The strategy runs on a window of bars and on the same bars with other futures, dearer and cheaper; every column that gets a name is overheard in
each. Of the values that differ before the cut, the one is named that is not made of another: what it reads stood still.

Limits: values that are columns or tables of numbers only; of a long window 256 rows are compared, so that a change of one bar
may be missed. A longer bar that the cut falls into is left out: its future is its own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import numpy as np

from tools.analysis.probes.futures import turned
from tools.analysis.probes.watch import Watched, named_values, watched_rates
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
