"""Does the level of a running total matter, or only its differences? Raised by one number for all bars, a difference is the same.

A total of which only differences are taken (``c[i] - c[i - n]``) forgets where the data starts; what else depends on the start in
such a strategy has another cause.
"""

from __future__ import annotations

import ast
from typing import TypeGuard

import numpy as np

from tools.analysis.study import Study

#: Entries that rounding may move, as a part of all.
ROUNDED = 0.01
_RAISED = "(lambda mendel_total: mendel_total + 64.0 * float(__import__('numpy').nanmax(__import__('numpy').abs(mendel_total))))(0)"


#: Line and column of a call or a statement.
Position = tuple[int, int]
TOTALS = frozenset(["cumsum", "cumprod", "cummax", "cummin", "expanding", "accumulate"])


def is_total(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether it calls a method that makes a running total."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TOTALS


class _Raised(ast.NodeTransformer):
    """The innermost running total at a place; ``expanding`` makes a window and no total by itself."""

    def __init__(self, place: Position) -> None:
        self.place, self.found, self.changed = place, False, False

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if self.found or (node.lineno, node.col_offset) != self.place or not is_total(node):
            return node
        self.found = True
        if getattr(node.func, "attr", "") == "expanding":
            return node
        self.changed = True
        call = ast.parse(_RAISED, mode="eval").body
        assert isinstance(call, ast.Call)
        call.args = [node]
        return ast.copy_location(call, node)


def level_matters(study: Study, file: str, place: Position) -> bool:
    """Whether entries differ once the running total at a place is raised by one large number. True, too, where no array of
    totals is made there, or the raised copy comes to no decisions."""
    change = _Raised(place)
    tree = change.visit(ast.parse(study.tree.files[file].text))
    if not change.changed:
        return True
    bundle = study.store.derive(study.bundle, {file: ast.unparse(ast.fix_missing_locations(tree))})
    for symbol, market in study.sample(3).items():
        raised = study.runner.decide(bundle, market).decisions
        usual = study.decisions[symbol].entries()
        if raised is None:
            return True
        moved = int(np.count_nonzero(raised.entries() != usual))
        if moved > ROUNDED * max(1, int(np.count_nonzero(usual))):
            return True
    return False
