"""Whether the product really uses what is called by a name, or only carries it about.

``self.limit = config.limit`` reads the setting, and when nothing reads ``self.limit`` the setting goes nowhere all the same. A
name that is only logged or printed, or handed to a parameter that nothing looks at, or read in a function that nothing calls, goes nowhere either. Texts that hold the name (``"@p.limit"``, a key) count as uses.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TypeGuard

from tools.analysis.detectors.handed_over import lost_arguments
from tools.analysis.detectors.uncalled import inside_uncalled
from tools.analysis.source import SourceFile
from tools.analysis.study import Study

TELLING = ("print", "debug", "info", "warning", "error", "log", "exception")
DEPTH = 4


@dataclass(frozen=True)
class Load:
    """One reading: the node, its statement, the function around it."""

    file: SourceFile
    node: ast.AST
    statement: ast.stmt
    function: ast.AST


class Reads:
    """The readings of names, attributes and keys in the product, tests apart."""

    def __init__(self, study: Study) -> None:
        self.files = list(study.tree.product())
        self.target = study.system.config.strategy.entry

    @cached_property
    def loads(self) -> dict[str, list[Load]]:
        """By name; texts by every word in them."""
        found: dict[str, list[Load]] = defaultdict(list)
        trees = [file.tree for file in self.files]
        lost = lost_arguments(trees) | inside_uncalled(trees, self.target)
        for file in self.files:
            written = _written_texts(file.tree) | lost
            for statement, function in _statements(file.tree):
                for node in _own(statement):
                    if id(node) in written:
                        continue
                    for name in _names(node, statement):
                        found[name].append(Load(file, node, statement, function))
        return found

    @cached_property
    def given(self) -> set[str]:
        """Names that some call gives a value to, or that are stored on some object from outside its class."""
        found = set()
        for file in self.files:
            for node in ast.walk(file.tree):
                if isinstance(node, ast.keyword) and node.arg:
                    found.add(node.arg)
                elif _stored_outside(node):
                    found.add(node.attr)
        return found

    def used(self, name: str, *, key: tuple[str, int] | None = None, depth: int = DEPTH) -> bool:
        """Whether a reading of the name leads anywhere. ``key``: (file, line) of the definition, whose own text does not count."""
        for load in self.loads.get(name, ()):
            if (
                key is not None
                and isinstance(load.node, ast.Constant)
                and (load.file.path, load.node.lineno) == key
            ):
                continue
            if not self._idle(load, depth):
                return True
        return False

    def _idle(self, load: Load, depth: int) -> bool:
        """Whether what is read is only told, or stored where nobody reads it."""
        statement = load.statement
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            function = statement.value.func
            return getattr(function, "attr", getattr(function, "id", "")) in TELLING
        if not depth or not isinstance(statement, ast.Assign | ast.AnnAssign):
            return False
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        name = getattr(target, "attr", getattr(target, "id", ""))
        if not name or isinstance(target, ast.Subscript | ast.Tuple):
            return False
        if isinstance(target, ast.Name) and not isinstance(load.function, ast.FunctionDef):
            return False  # a module's or a class's name: others may read it
        others = [o for o in self.loads.get(name, ()) if o.statement is not statement]
        if isinstance(target, ast.Name):
            others = [o for o in others if o.function is load.function]
        return all(self._idle(o, depth - 1) for o in others)


def _stored_outside(node: ast.AST) -> TypeGuard[ast.Attribute]:
    stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    return stored and getattr(getattr(node, "value", None), "id", "") not in ("self", "cls")


def _written_texts(tree: ast.Module) -> set[int]:
    """Texts that name something else than what is read: keys of a table that is made, columns that are written, or taken of a
    table by their list."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            found |= {id(k) for k in node.keys}
        elif isinstance(node, ast.Subscript):
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            lists = [e for p in parts if isinstance(p, ast.List) for e in p.elts]
            stored = parts if isinstance(node.ctx, ast.Store) else []
            found |= {id(n) for n in (*lists, *stored) if isinstance(n, ast.Constant)}
    return found


def _statements(tree: ast.Module) -> list[tuple[ast.stmt, ast.AST]]:
    """Every statement with the function around it (the module outside of one)."""
    found: list[tuple[ast.stmt, ast.AST]] = []

    def walk(node: ast.AST, function: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                found.append((child, function))
            inner = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            walk(child, child if inner else function)

    walk(tree, tree)
    return found


def _own(statement: ast.stmt) -> list[ast.AST]:
    """The nodes of a statement that are not of a statement inside it."""
    found: list[ast.AST] = []
    queue = [c for c in ast.iter_child_nodes(statement) if not isinstance(c, ast.stmt)]
    while queue:
        node = queue.pop()
        found.append(node)
        queue += [c for c in ast.iter_child_nodes(node) if not isinstance(c, ast.stmt)]
    return found


def _names(node: ast.AST, statement: ast.stmt) -> list[str]:
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        return [node.attr]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return [node.id]
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and not isinstance(statement, ast.Expr):
        return re.findall(r"\w+", node.value)
    if isinstance(node, ast.MatchClass):
        return list(node.kwd_attrs)
    return []
