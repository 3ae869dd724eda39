"""What is handed to a parameter that the called function never looks at: reading a setting for that is no use of it.

Only where one function of the product has the called name, and it is more than a stub; what is handed by stars is left alone.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef


def lost_arguments(trees: Iterable[ast.AST]) -> set[int]:
    """``id`` of every node that stands in such an argument."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    functions: dict[str, list[Function]] = defaultdict(list)
    for node in nodes:
        if isinstance(node, Function):
            functions[node.name].append(node)
    single = {name: found[0] for name, found in functions.items() if len(found) == 1}
    lost: set[int] = set()
    for node in nodes:
        called = single.get(_name(node.func)) if isinstance(node, ast.Call) else None
        if called is not None and isinstance(node, ast.Call):
            for argument in _unread(node, called):
                lost |= {id(n) for n in ast.walk(argument)}
    return lost


def _unread(call: ast.Call, function: Function) -> Iterator[ast.expr]:
    """The arguments of a call that the function does not look at."""
    named = [*function.args.posonlyargs, *function.args.args]
    if any(isinstance(a, ast.Starred) for a in call.args) or _stub(function):
        return
    if isinstance(call.func, ast.Attribute) and named and named[0].arg in ("self", "cls"):
        named = named[1:]
    read = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    if read & {"locals", "vars", "eval", "exec"}:
        return
    for parameter, argument in zip(named, call.args, strict=False):
        if parameter.arg not in read:
            yield argument
    own = {a.arg for a in [*named, *function.args.kwonlyargs]}
    yield from (k.value for k in call.keywords if k.arg in own and k.arg not in read)


def _stub(function: Function) -> bool:
    """Whether the body says nothing: a text, ``pass``, ``...``, ``raise``."""
    return all(
        isinstance(s, ast.Pass | ast.Raise) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
        for s in function.body
    )


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
