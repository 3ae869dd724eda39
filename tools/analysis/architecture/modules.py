"""Modules, what they import of each other, import cycles, and entry points."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from tools.analysis.architecture.program import Class, Function, FunctionNode, Program, absolute
from tools.analysis.source import SourceFile, SourceTree

Row = dict[str, Any]


def describe_modules(tree: SourceTree) -> list[Row]:
    """One row a file: size, names, the modules of the system it imports, the first line of its docstring."""
    return [_module(tree, file) for file in tree]


def _module(tree: SourceTree, file: SourceFile) -> Row:
    nodes = list(ast.walk(file.tree))
    return {
        "file": file.path,
        "module": file.module,
        "lines": file.lines,
        "functions": sum(isinstance(node, FunctionNode) for node in nodes),
        "classes": sum(isinstance(node, ast.ClassDef) for node in nodes),
        "imports": sorted(imported_modules(tree, file)),
        "purpose": ((ast.get_docstring(file.tree) or "").strip().splitlines() or [""])[0],
        "test": file.is_test,
    }


def imported_modules(tree: SourceTree, file: SourceFile) -> dict[str, int]:
    """Modules of the tree that ``file`` imports -> whether the first import is at top level (line) or lazy (0)."""
    top = {id(node) for node in _import_time(file.tree.body)}
    found: dict[str, int] = {}
    for node in ast.walk(file.tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for name in _names(file, node):
            source = tree.by_module(name)
            if source is not None and source.path != file.path:
                line = node.lineno if id(node) in top else 0
                found[source.module] = found.get(source.module) or line
    return found


def _names(file: SourceFile, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = absolute(file, node)
    yield base
    yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)


def _import_time(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when the module is imported; type-checking blocks do not."""
    for node in body:
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if not isinstance(node, FunctionNode):
            for name in ("body", "orelse", "finalbody"):
                inner = getattr(node, name, None)
                if isinstance(inner, list):
                    yield from _import_time(inner)
            for handler in getattr(node, "handlers", []):
                yield from _import_time(handler.body)


def import_cycles(tree: SourceTree) -> list[list[str]]:
    """Groups of modules that need each other to be imported (Tarjan's strongly connected components)."""
    graph = {
        file.module: [name for name, line in imported_modules(tree, file).items() if line]
        for file in tree
        if not file.is_test
    }
    return sorted(group for group in _components(graph) if len(group) > 1)


def _components(graph: Mapping[str, list[str]]) -> list[list[str]]:
    """Strongly connected components without recursion: what is reachable both ways (small graphs)."""
    reach = {name: _reachable(graph, name) for name in graph}
    left, groups = set(graph), []
    while left:
        name = min(left)
        group = {other for other in reach[name] & left if name in reach.get(other, set())} | {name}
        left -= group
        groups.append(sorted(group))
    return groups


def _reachable(graph: Mapping[str, list[str]], start: str) -> set[str]:
    seen: set[str] = set()
    stack = list(graph.get(start, []))
    while stack:
        name = stack.pop()
        if name not in seen:
            seen.add(name)
            stack.extend(graph.get(name, []))
    return seen


def reachable_files(tree: SourceTree, target: str | None) -> frozenset[str]:
    """Paths of the files that the strategy's module imports, itself included; all of the product if unknown."""
    start = tree.by_module(target.partition(":")[0]) if target else None
    if start is None:
        return frozenset(file.path for file in tree.product())
    graph = {file.module: list(imported_modules(tree, file)) for file in tree.product()}
    names = _reachable(graph, start.module) | {start.module}
    return frozenset(file.path for file in tree.product() if file.module in names)


def entry_points(program: Program, target: str | None, files: Mapping[str, str]) -> list[Row]:
    """Where the system can be started: the strategy, ``__main__`` blocks, console scripts, test suites."""
    rows = [*_strategy(program, target), *_strategies_by_base(program)]
    for file in program.tree:
        rows += _mains(file)
        if file.is_test and (count := _test_count(file)):
            rows.append({"file": file.path, "line": 1, "kind": "tests", "name": f"{count} tests"})
    rows += _console_scripts(program, files)
    return sorted(rows, key=lambda row: (row["kind"], row["file"], row["line"]))


def _strategy(program: Program, target: str | None) -> list[Row]:
    if not target:
        return []
    module, _, name = target.partition(":")
    file = program.tree.by_module(module)
    found = program.resolve(file, name) if file is not None else None
    if not isinstance(found, Function | Class):
        return []
    return [{"file": found.file.path, "line": found.node.lineno, "kind": "strategy", "name": target}]


def _strategies_by_base(program: Program) -> list[Row]:
    rows = []
    for scope in program.scopes.values():
        for item in scope.classes.values():
            bases = {ast.unparse(base).rpartition(".")[2] for base in item.node.bases}
            if bases & {"IStrategy", "Strategy"}:
                rows.append(
                    {"file": item.file.path, "line": item.node.lineno, "kind": "strategy", "name": item.name}
                )
    return rows


def _mains(file: SourceFile) -> list[Row]:
    rows: list[Row] = []
    for node in file.tree.body:
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            rows.append({"file": file.path, "line": node.lineno, "kind": "script", "name": file.module})
    return rows


def _test_count(file: SourceFile) -> int:
    return sum(isinstance(n, FunctionNode) and n.name.startswith("test") for n in ast.walk(file.tree))


def _console_scripts(program: Program, files: Mapping[str, str]) -> list[Row]:
    """``[project.scripts]`` of every readable pyproject.toml."""
    rows: list[Row] = []
    for path, text in files.items():
        if not path.endswith("pyproject.toml"):
            continue
        try:
            scripts = tomllib.loads(text).get("project", {}).get("scripts", {})
        except tomllib.TOMLDecodeError:
            continue  # not ours to judge: whoever installs the system is told by the installer
        for name, place in scripts.items() if isinstance(scripts, dict) else ():
            module, _, function = str(place).partition(":")
            file = program.tree.by_module(module)
            found = program.resolve(file, function) if file is not None else None
            line = found.node.lineno if isinstance(found, Function) else 1
            rows.append(
                {"file": file.path if file else path, "line": line, "kind": "console_script", "name": name}
            )
    return rows
