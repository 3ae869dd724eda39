"""State at module level that a decision path changes: the second call does not answer like the first.

Silent for registries filled at import (decorators), and for caches whose key names what was computed. A cache
whose key is only a length, a last label or an object's id answers for other data: that is a suspect.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tools.analysis.architecture.hygiene import import_time_nodes, lines_that_change
from tools.analysis.architecture.program import Class, Function
from tools.analysis.detectors.base import Code, Suspect
from tools.analysis.detectors.mutable_default import REGISTRY_WORDS
from tools.contracts import Severity

POOR_KEYS = frozenset(("len", "id"))


def detect(code: Code) -> Iterable[Suspect]:
    """Changed globals of the relevant files."""
    at_import = _called_at_import(code)
    for row in code.arch.sections["globals"]:
        meant = set(row["name"].lower().split("_")) & REGISTRY_WORDS
        if row["file"] in code.arch.relevant and not meant:
            yield from _global(code, row["file"], row["name"], row["line"], at_import)
    yield from _rebound(code, at_import)
    yield from _on_objects(code)


def _called_at_import(code: Code) -> set[str]:
    """Names of functions that run at import: called or used as decorators at module level."""
    names: set[str] = set()
    for file in code.tree.product():
        for node in import_time_nodes(file.tree.body):
            if isinstance(node, ast.Call):
                names.add(getattr(node.func, "id", getattr(node.func, "attr", "")))
        for item in ast.walk(file.tree):
            for decorator in getattr(item, "decorator_list", []):
                inner = decorator.func if isinstance(decorator, ast.Call) else decorator
                names.add(getattr(inner, "id", getattr(inner, "attr", "")))
    return names


def _global(code: Code, path: str, name: str, line: int, at_import: set[str]) -> Iterator[Suspect]:
    writers = [f for f in code.functions() if f.file.path == path and _writes(f, name)]
    writers = [f for f in writers if f.name.partition(".")[0] not in at_import]
    if not writers:
        return
    keys = [key for f in writers for key in _cache_keys(f, name)]
    poor = [key for key in keys if _poor(code, key)]
    if keys and not poor:
        return
    file = code.tree.files[path]
    node = next(n for n in file.tree.body if getattr(n, "lineno", 0) == line)
    names = ", ".join(sorted({f.name for f in writers}))
    if poor:
        text = f"The cache `{name}` is keyed by `{ast.unparse(poor[0])}`: other data of that key gets this answer."
    else:
        text = f"`{name}` at module level is changed by {names}: answers depend on earlier calls and other symbols."
    details = {"global": name, "writers": sorted({f.name for f in writers}), "cache": bool(poor)}
    yield Suspect(file, node, "", "module_state", Severity.HIGH, text, details, f"global {name}")


def _writes(function: Function, name: str) -> bool:
    """Whether the function changes the global (by item, by method, or by ``global``)."""
    return bool(lines_that_change(function.node, name))


def _cache_keys(function: Function, name: str) -> list[ast.expr]:
    """Keys under which results are stored, where the function also looks them up first."""
    stored: list[ast.expr] = []
    looked_up = False
    for node in ast.walk(function.node):
        if isinstance(node, ast.Assign) and _fixed_slot(function, node, name):
            return []
        if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == name:
            if isinstance(node.ctx, ast.Store):
                stored.append(node.slice)
        elif isinstance(node, ast.Compare) and getattr(node.comparators[0], "id", "") == name:
            looked_up = True
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            looked_up = looked_up or getattr(node.func.value, "id", "") == name
    augmented = any(isinstance(n, ast.AugAssign) for n in ast.walk(function.node))
    return stored if looked_up and not augmented else []


def _fixed_slot(function: Function, node: ast.Assign, name: str) -> bool:
    """``LAST["close"] = f(bars)``: one slot for whatever was passed is state, not a cache."""
    parameters = {arg.arg for arg in function.parameters}
    for target in node.targets:
        if isinstance(target, ast.Subscript) and getattr(target.value, "id", "") == name:
            used = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
            return isinstance(target.slice, ast.Constant) and bool(used & parameters)
    return False


def _poor(code: Code, key: ast.expr) -> bool:
    """Whether a key tells data apart only by length, identity, shape or last label."""
    for node in ast.walk(code.local(key)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in POOR_KEYS:
            return True
        if isinstance(node, ast.Attribute) and node.attr in ("shape", "size"):
            return True
    return False


def _rebound(code: Code, at_import: set[str]) -> Iterator[Suspect]:
    """``global count; count += 1`` for a number."""
    for function in code.functions():
        for node in ast.walk(function.node):
            if not isinstance(node, ast.Global) or function.node.name in at_import:
                continue
            for name in node.names:
                if _rebinds(function, name) and not _is_container_global(code, function, name):
                    text = f"{function.name} rebinds the global `{name}`: answers depend on earlier calls."
                    details = {"global": name, "writers": [function.name], "cache": False}
                    yield Suspect(
                        function.file, node, function.name, "module_state", Severity.MEDIUM, text, details,
                        f"global {name} in {function.name}",
                    )  # fmt: skip


def _on_objects(code: Code) -> Iterator[Suspect]:
    """``Class.attribute[...] = x`` and ``function.attribute = x`` in a function: globals in disguise."""
    for function in code.functions():
        local = {arg.arg for arg in function.parameters}
        for node in ast.walk(function.node):
            stored = node.value if isinstance(node, ast.Subscript) else node
            if not isinstance(stored, ast.Attribute) or not isinstance(stored.value, ast.Name):
                continue
            name = stored.value.id
            written = not isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
            if not written or name in local or name in ("self", "cls"):
                continue
            if isinstance(code.program.resolve(function.file, name), Class | Function):
                text = f"{function.name} keeps state in `{ast.unparse(stored)}`: answers depend on earlier calls."
                details = {"global": ast.unparse(stored), "writers": [function.name], "cache": False}
                yield Suspect(
                    function.file, node, function.name, "module_state", Severity.MEDIUM, text, details,
                    f"state {ast.unparse(stored)} in {function.name}",
                )  # fmt: skip


def _rebinds(function: Function, name: str) -> bool:
    """Assigned from itself, or stepped: a lazily created singleton (assigned under ``is None``) is not state."""
    for node in ast.walk(function.node):
        if isinstance(node, ast.AugAssign) and getattr(node.target, "id", "") == name:
            return True
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == name for t in node.targets):
            parameters = {arg.arg for arg in function.parameters} | {name}
            if any(isinstance(n, ast.Name) and n.id in parameters for n in ast.walk(node.value)):
                return True
    return False


def _is_container_global(code: Code, function: Function, name: str) -> bool:
    rows = code.arch.sections["globals"]
    return any(row["file"] == function.file.path and row["name"] == name for row in rows)
