"""Functions that nothing calls: what is read in one of them is not read.

A function of a module that no running code names: not by a call or a value, not in a text, not as the strategy. One that only such
functions name is another. Methods and decorated functions may be called from outside and are left alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

Function = ast.FunctionDef | ast.AsyncFunctionDef
#: Names under which other programs call a function.
CALLED = re.compile(r"__\w+__|main|test_\w*|run|cli|app|init|next")


def inside_uncalled(trees: Iterable[ast.Module], target: str | None) -> set[int]:
    """``id`` of every node that stands in such a function. ``target``: "module:name" of the strategy; where it is not known,
    any function may be called."""
    if not target:
        return set()
    modules = list(trees)
    wanted = set(re.findall(r"\w+", target))
    waiting = [
        f
        for tree in modules
        for f in tree.body
        if isinstance(f, Function)
        and not f.decorator_list
        and f.name not in wanted
        and not CALLED.fullmatch(f.name)
    ]
    inside = {id(n) for f in waiting for n in ast.walk(f)}
    named = {name for t in modules for n in ast.walk(t) if id(n) not in inside for name in _names(n)}
    while called := [f for f in waiting if f.name in named]:
        waiting = [f for f in waiting if f.name not in named]
        for function in called:
            named |= _mentioned(function)
    return {id(n) for f in waiting for n in ast.walk(f)}


def _mentioned(function: Function) -> set[str]:
    """Names in a function, its own apart: that it calls itself is no use."""
    return {name for n in ast.walk(function) for name in _names(n)} - {function.name}


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.findall(r"\w+", node.value) if len(node.value) < 200 else []
    if isinstance(node, ast.ImportFrom):
        return [a.name for a in node.names if a.asname]
    return []
