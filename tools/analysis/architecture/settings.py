"""Settings with their readers, and environment variables."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from tools.analysis.architecture.program import Class, Program
from tools.analysis.source import SourceFile

Row = dict[str, Any]
#: Calls that read every field of an instance at once.
WHOLE_READERS = frozenset(["asdict", "astuple", "fields", "vars", "replace", "model_dump", "dict", "_asdict"])


@dataclass(frozen=True)
class Reads:
    """Who reads names: by attribute or string key, and whether whole instances are read in some file."""

    places: dict[str, list[tuple[str, int, bool]]]
    dynamic: frozenset[str]


def collect_reads(program: Program) -> Reads:
    """Every attribute load, string key and string constant of the program, with (file, line, is test)."""
    places: dict[str, list[tuple[str, int, bool]]] = defaultdict(list)
    dynamic: set[str] = set()
    for file in program.tree:
        for node in ast.walk(file.tree):
            _collect(file, node, places, dynamic)
    return Reads(places, frozenset(dynamic))


def _collect(
    file: SourceFile, node: ast.AST, places: dict[str, list[tuple[str, int, bool]]], dynamic: set[str]
) -> None:
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        places[node.attr].append((file.path, node.lineno, file.is_test))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
        places[node.value].append((file.path, node.lineno, file.is_test))
    elif isinstance(node, ast.MatchClass):
        for name in node.kwd_attrs:
            places[name].append((file.path, node.lineno, file.is_test))
    elif isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        variable = name == "getattr" and len(node.args) > 1 and not isinstance(node.args[1], ast.Constant)
        spread = any(keyword.arg is None for keyword in node.keywords) and name != "replace"
        if variable or (name in WHOLE_READERS - {"replace", "dict"}) or spread:
            dynamic.add(file.path)


def describe_settings(program: Program, reads: Reads, params: str | None = None) -> list[Row]:
    """One row a field of a settings class, or a key of the settings table that ``params`` names: its default and who reads
    it. The class's own methods count."""
    rows: list[Row] = []
    for scope in program.scopes.values():
        if scope.file.is_test:
            continue
        for owner in scope.classes.values():
            if owner.settings:
                rows += [_setting(owner, name, reads) for name in owner.fields if not name.startswith("__")]
    return rows + _table(program, params, reads)


def _setting(owner: Class, name: str, reads: Reads) -> Row:
    item = owner.fields[name]
    default = ast.unparse(item.default) if item.default is not None else None
    return setting_row(owner.file.path, owner.name, name, item.line, default, reads)


def setting_row(path: str, owner: str, name: str, line: int, default: str | None, reads: Reads) -> Row:
    """One setting of ``owner`` (a class, a table, a file), defined at a line of ``path``."""
    places = [place for place in reads.places.get(name, []) if place[:2] != (path, line)]
    return {
        "name": f"{owner}.{name}",
        "file": path,
        "line": line,
        "default": default,
        "readers": [{"file": f, "line": at} for f, at, test in sorted(set(places)) if not test],
        "dynamic": bool(reads.dynamic),
    }


def _table(program: Program, params: str | None, reads: Reads) -> list[Row]:
    """The keys of a settings table: the ``{...}`` or ``SimpleNamespace(...)`` that ``params`` ("module:NAME") names."""
    module, _, wanted = (params or "").partition(":")
    file = program.tree.by_module(module) if wanted else None
    for node in file.tree.body if file is not None else ():
        named = isinstance(node, ast.Assign) and any(getattr(t, "id", "") == wanted for t in node.targets)
        if file is not None and named and isinstance(node, ast.Assign):
            return [
                setting_row(file.path, wanted, k, v.lineno, ast.unparse(v), reads)
                for k, v in _items(node.value)
            ]
    return []


def _items(node: ast.expr) -> list[tuple[str, ast.expr]]:
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [(k.value, v) for k, v in pairs if isinstance(k, ast.Constant) and isinstance(k.value, str)]
    if isinstance(node, ast.Call):
        return [(k.arg, k.value) for k in node.keywords if k.arg]
    return []


def describe_environment(program: Program) -> list[Row]:
    """Environment variables read, with the default that stands in for them and the places where the program sets them;
    those that are set and never read have ``read`` False."""
    reads: list[Row] = []
    writes: dict[str, list[Row]] = defaultdict(list)
    for file in program.tree.product():
        for node in ast.walk(file.tree):
            row = environment_read(program, file, node)
            if row is not None:
                reads.append(row)
            elif (name := _environment_set(program, file, node)) is not None:
                writes[name].append({"file": file.path, "line": getattr(node, "lineno", 1)})
    rows = [{**row, "read": True, "set": writes.get(row["name"], [])} for row in reads]
    for name in sorted(set(writes) - {row["name"] for row in reads}):
        unread = {"name": name, **writes[name][0], "default": None, "required": False}
        rows.append({**unread, "read": False, "set": writes[name]})
    return rows


def _environment_set(program: Program, file: SourceFile, node: ast.AST) -> str | None:
    """The variable that a node sets: ``os.environ["X"] = ...``, ``os.environ.setdefault("X", ...)``, ``os.putenv``."""
    key: ast.expr | None = None
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        key = node.slice if program.dotted(file, node.value) == "os.environ" else None
    elif isinstance(node, ast.Call) and node.args:
        named = program.dotted(file, node.func) in ("os.environ.setdefault", "os.putenv")
        key = node.args[0] if named else None
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def environment_read(program: Program, file: SourceFile, node: ast.AST) -> Row | None:
    """The variable that a node reads: ``os.environ["X"]``, ``os.environ.get("X", d)``, ``os.getenv("X", d)``."""
    key: ast.expr | None = None
    default: ast.expr | None = None
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        if program.dotted(file, node.value) != "os.environ":
            return None
        key = node.slice
    elif isinstance(node, ast.Call) and program.dotted(file, node.func) in ("os.getenv", "os.environ.get"):
        key = node.args[0] if node.args else None
        default = node.args[1] if len(node.args) > 1 else None
    if not isinstance(key, ast.Constant) or not isinstance(key.value, str) or not isinstance(node, ast.expr):
        return None
    return {
        "name": key.value,
        "file": file.path,
        "line": node.lineno,
        "default": ast.unparse(default) if default is not None else None,
        "required": isinstance(node, ast.Subscript),
    }
