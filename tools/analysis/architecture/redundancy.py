"""Code that nobody uses, and code that exists twice."""

from __future__ import annotations

import ast
import copy
import hashlib
from collections import defaultdict
from typing import Any

from tools.analysis.architecture.program import Class, Function, FunctionNode, Program
from tools.analysis.architecture.settings import Reads

Row = dict[str, Any]
#: A function is worth telling as a copy with so many statements, or with so many syntax nodes in fewer.
MINIMUM_STATEMENTS, MINIMUM_NODES = 4, 25


def dead_code(program: Program, reads: Reads, target: str | None) -> list[Row]:
    """Functions whose name appears nowhere else, in no file, not even in a string. Conservative: methods of
    classes with bases, decorated functions, dunders and the strategy itself are never listed."""
    used = _used_names(program) | set(reads.places)
    wanted = (target or "").partition(":")[2]
    rows = []
    for function in program.functions():
        if function.file.is_test or function.node.name in used or function.node.name == wanted:
            continue
        if not _may_be_called_from_outside(program, function):
            rows.append({"file": function.file.path, "line": function.node.lineno, "name": function.name})
    return rows


def _used_names(program: Program) -> set[str]:
    names: set[str] = set()
    for file in program.tree:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                names.add(node.id)
            elif isinstance(node, ast.ImportFrom):
                names |= {alias.name for alias in node.names}
    return names


def _may_be_called_from_outside(program: Program, function: Function) -> bool:
    node = function.node
    if node.name.startswith("__") or node.decorator_list or node.name in ("main", "init", "next"):
        return True
    owner = program.scopes[function.file.path].classes.get(function.owner) if function.owner else None
    return isinstance(owner, Class) and bool(owner.node.bases)


def duplicates(program: Program) -> list[Row]:
    """Groups of functions of the same shape: equal syntax once names are made neutral."""
    groups: dict[str, list[Function]] = defaultdict(list)
    for function in program.functions():
        if not function.file.is_test and _worth_telling(function.node):
            groups[shape(function.node)].append(function)
    return [
        {
            "functions": [{"file": f.file.path, "line": f.node.lineno, "name": f.name} for f in group],
            "statements": statements(group[0].node),
        }
        for group in groups.values()
        if len(group) > 1
    ]


def _worth_telling(node: FunctionNode) -> bool:
    if statements(node) >= MINIMUM_STATEMENTS:
        return True
    return statements(node) > 1 and sum(1 for s in node.body for _ in ast.walk(s)) >= MINIMUM_NODES


def statements(node: FunctionNode) -> int:
    """Statements in a function, docstring apart."""
    return sum(isinstance(n, ast.stmt) for n in ast.walk(node)) - 1 - bool(ast.get_docstring(node))


def shape(node: FunctionNode) -> str:
    """A hash of the body with local names numbered in order of appearance; attributes and constants stay."""
    text = "\n".join(normalised(node))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def normalised(node: FunctionNode) -> list[str]:
    """The body's lines with local names numbered: equal for copies that only renamed things."""
    body = copy.deepcopy(node)
    if ast.get_docstring(body):
        body.body = body.body[1:]
    local = {n.id for n in ast.walk(body) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    local |= {n.arg for n in ast.walk(body) if isinstance(n, ast.arg)}
    numbers: dict[str, str] = {}
    _Renamer(local, numbers).visit(body)
    return [line.strip() for item in body.body for line in ast.unparse(item).splitlines()]


class _Renamer(ast.NodeTransformer):
    def __init__(self, local: set[str], numbers: dict[str, str]) -> None:
        self.local, self.numbers = local, numbers

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if node.id in self.local:
            node.id = self.numbers.setdefault(node.id, f"v{len(self.numbers)}")
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self.numbers.setdefault(node.arg, f"v{len(self.numbers)}")
        node.annotation = None
        return node
