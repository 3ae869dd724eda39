"""Places where rows are lined up by counting them: right as long as no bar is missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.analysis.study import Study

SPREADS = frozenset(["repeat", "tile", "kron", "reshape"])


def positional_places(study: Study) -> list[tuple[str, int]]:
    """(file, line) of repeats, strides and reshapes in the relevant files, the surest first."""
    found: list[tuple[int, str, int]] = []
    for file in study.tree.product():
        if file.path in study.architecture.relevant:
            for node in ast.walk(file.tree):
                found += [(rank, file.path, node.lineno) for rank in _ranks(node)]  # type: ignore[attr-defined]
    return [(path, line) for _, path, line in sorted(found)]


def _ranks(node: ast.AST) -> Iterator[int]:
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in SPREADS and node.args:
        yield 0
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and _stride(node.slice):
        yield 1
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv | ast.Mod) and _counts(node.left):
        yield 2


def _stride(node: ast.Slice) -> bool:
    return node.step is not None and ast.unparse(node.step) != "-1"


def _counts(node: ast.expr) -> bool:
    """``np.arange(len(x))``, ``range``, a loop's ``i``."""
    if isinstance(node, ast.Name):
        return node.id in ("i", "j", "k", "n", "idx", "pos", "bar")
    return isinstance(node, ast.Call) and "arange" in ast.unparse(node.func)
