"""Handlers that catch everything, and what they answer."""

from __future__ import annotations

import ast
from typing import Any

from tools.analysis.architecture.program import Program
from tools.analysis.source import SourceFile

Row = dict[str, Any]
BROAD = frozenset(["Exception", "BaseException"])
EXITS = frozenset(["exit", "_exit", "abort", "quit"])
LOGGERS = frozenset(
    ["debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print", "print_exc"]
)


def broad_excepts(program: Program) -> list[Row]:
    """``[{"file", "line", "catches", "answers", "hides", "logs"}]``: every ``except`` of the product that catches
    everything, and ``with suppress(Exception)``. It ``hides`` a failure unless it raises or ends the process."""
    rows: list[Row] = []
    for file in program.tree.product():
        for node in ast.walk(file.tree):
            if isinstance(node, ast.ExceptHandler) and broad(node.type):
                rows.append(_handler(file, node))
            elif isinstance(node, ast.With) and (call := suppression(node)) is not None:
                row = {"file": file.path, "line": call.lineno, "catches": file.segment(call)}
                rows.append({**row, "answers": "nothing", "hides": True, "logs": False})
    return sorted(rows, key=lambda r: (r["file"], r["line"]))


def _handler(file: SourceFile, node: ast.ExceptHandler) -> Row:
    inner = [n for statement in node.body for n in ast.walk(statement)]
    names = {called(n) for n in inner if isinstance(n, ast.Call)}
    raises = any(isinstance(n, ast.Raise) for n in inner)
    return {
        "file": file.path,
        "line": node.lineno,
        "catches": ast.unparse(node.type) if node.type is not None else "everything",
        "answers": file.segment(node.body[-1])[:120],
        "hides": not raises and not names & EXITS,
        "logs": bool(names & LOGGERS),
    }


def broad(kind: ast.expr | None) -> bool:
    """Whether an ``except`` of this kind catches everything."""
    if isinstance(kind, ast.Tuple):
        return any(broad(item) for item in kind.elts)
    return kind is None or getattr(kind, "id", getattr(kind, "attr", "")) in BROAD


def suppression(node: ast.With) -> ast.Call | None:
    """``with suppress(Exception)``."""
    for item in node.items:
        call = item.context_expr
        if isinstance(call, ast.Call) and called(call) == "suppress" and any(broad(a) for a in call.args):
            return call
    return None


def called(call: ast.Call) -> str:
    """The last name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
