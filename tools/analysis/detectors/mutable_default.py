"""A default that is made once and shared by every call: what one call leaves, the next one finds.

Silent where the function never changes it and never hands it out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tools.analysis.architecture import library
from tools.analysis.architecture.hygiene import MUTATORS, is_container
from tools.analysis.architecture.program import Function
from tools.analysis.detectors.base import Code, Suspect, span
from tools.contracts import Severity

#: Names of containers that are meant to be shared.
REGISTRY_WORDS = frozenset(
    ["registry", "registered", "plugins", "listeners", "handlers", "hooks", "instances"]
)


def detect(code: Code) -> Iterable[Suspect]:
    """Changed mutable defaults, defaults that read the clock, and class-level containers that methods change."""
    for function in code.functions():
        for name, default in function.defaults().items():
            if is_container(default) and (how := _escapes(function, name)):
                yield _suspect(function, name, default, how)
            elif (
                isinstance(default, ast.Call)
                and code.program.dotted(function.file, default.func) in library.CLOCKS
            ):
                yield _suspect(function, name, default, "is the time of the import, not of the call")
    yield from _class_level(code)


def _escapes(function: Function, name: str) -> str:
    """How a parameter is changed or kept; "" when it is only read."""
    for node in ast.walk(function.node):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            return ""  # rebound first: too hard to say which object is changed
    for node in ast.walk(function.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in MUTATORS and getattr(node.func.value, "id", "") == name:
                return f"is changed by `{ast.unparse(node)[:60]}`"
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            if getattr(node.value, "id", "") == name:
                return f"is written at line {node.lineno}"
        elif isinstance(node, ast.Assign) and getattr(node.value, "id", "") == name and _kept(node):
            return "is kept by the object and shared by all of them"
    return ""


def _kept(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Attribute) for target in node.targets)


def _suspect(function: Function, name: str, default: ast.expr, how: str) -> Suspect:
    text = (
        f"The default of `{name}` in {function.name} {how}: it outlives the call and is shared by all calls."
    )
    details = {"parameter": name, "default": ast.unparse(default), "default_node": span(default)}
    return Suspect(
        function.file, default, function.name, "mutable_default", Severity.HIGH, text, details,
        f"{function.name}({name}={ast.unparse(default)})",
    )  # fmt: skip


def _class_level(code: Code) -> Iterator[Suspect]:
    """``class S: seen = []`` with ``self.seen.append`` and no assignment to ``self.seen``."""
    for path in sorted(code.arch.relevant):
        for owner in code.program.scopes[path].classes.values():
            for name, item in owner.fields.items():
                if set(name.lower().split("_")) & REGISTRY_WORDS:
                    continue  # filled by those who register, on purpose
                if is_container(item.default) and item.default is not None:
                    yield from _shared(code, list(owner.methods.values()), name, item.default)


def _shared(code: Code, methods: list[Function], name: str, default: ast.expr) -> Iterator[Suspect]:
    nodes = [
        (m, n) for m in methods for n in ast.walk(m.node) if isinstance(n, ast.Attribute) and n.attr == name
    ]
    if any(isinstance(n.ctx, ast.Store) for _, n in nodes):
        return
    for method, node in nodes:
        parent = code.parents.get(node)
        called = isinstance(parent, ast.Attribute) and parent.attr in MUTATORS
        written = isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load)
        if called or written:
            text = (
                f"`{name}` is made once for the class and changed by {method.name}: all instances share it."
            )
            details = {"attribute": name, "default": ast.unparse(default), "default_node": span(default)}
            yield Suspect(
                method.file, default, method.name, "mutable_default", Severity.HIGH, text, details,
                f"{method.owner}.{name}",
            )  # fmt: skip
            return
