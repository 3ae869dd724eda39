"""Packages from outside that the system imports."""

from __future__ import annotations

import ast
import sys
from typing import Any

from tools.analysis.architecture.program import Program
from tools.analysis.source import SourceFile

Row = dict[str, Any]


def foreign_imports(program: Program) -> list[Row]:
    """``[{"name", "files", "file", "line", "optional"}]``: one row a package that is neither the system's nor Python's own,
    with the first place; ``optional`` where every import of it is caught when it fails. Whether it is installed is not
    asked: the strategy's own run tells."""
    rows: dict[str, Row] = {}
    for file in program.tree.product():
        guarded = _guarded(file)
        for node in ast.walk(file.tree):
            for name in _outside(program, node):
                row = rows.setdefault(
                    name,
                    {"name": name, "files": [], "file": file.path, "line": _line(node), "optional": True},
                )
                row["files"] = sorted({*row["files"], file.path})
                row["optional"] = row["optional"] and id(node) in guarded
    return [rows[name] for name in sorted(rows)]


def _outside(program: Program, node: ast.AST) -> set[str]:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        names = [node.module]
    return {top for n in names if (top := n.partition(".")[0]) and not _own(program, n, top)}


def _own(program: Program, name: str, top: str) -> bool:
    if top in sys.stdlib_module_names or program.tree.by_module(name) is not None:
        return True
    return any(f.module.partition(".")[0] == top for f in program.tree)


def _guarded(file: SourceFile) -> set[int]:
    """Imports inside a ``try`` whose handlers do not let a failure through."""
    found: set[int] = set()
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Try) and node.handlers:
            found |= {id(n) for s in node.body for n in ast.walk(s)}
    return found


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 1)
