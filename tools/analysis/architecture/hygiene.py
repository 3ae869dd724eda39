"""Side effects at import, wall-clock reads, and module-level containers that functions change."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from tools.analysis.architecture import library
from tools.analysis.architecture.program import Function, FunctionNode, Program
from tools.analysis.source import SourceFile

Row = dict[str, Any]
EFFECTS = (
    "subprocess.", "requests.", "urllib.request.", "httpx.", "socket.", "sqlite3.connect", "psycopg2.connect",
    "psycopg.connect", "redis.", "ccxt.", "shutil.rmtree",
    "shutil.copy",
    "shutil.move", "os.mkdir", "os.makedirs", "os.remove", "os.system",
    "os.chdir", "os.rename", "time.sleep", "websocket.", "aiohttp.", "pymongo.", "smtplib.", "numpy.random.seed",
    "random.seed", "logging.basicConfig", "pandas.read_", "numpy.load", "numpy.save", "warnings.filterwarnings",
    "warnings.simplefilter", "pandas.set_option", "matplotlib.use", "threading.Thread", "sqlalchemy.create_engine",
)  # fmt: skip
EFFECT_METHODS = frozenset(
    ["mkdir", "write_text", "write_bytes", "unlink", "connect", "to_csv", "to_parquet", "touch", "rmdir"]
)
MUTATORS = frozenset(
    [
        "append",
        "extend",
        "add",
        "update",
        "insert",
        "pop",
        "popitem",
        "clear",
        "setdefault",
        "remove",
        "discard",
        "appendleft",
    ]
)
CONTAINERS = frozenset(["dict", "list", "set", "defaultdict", "deque", "OrderedDict", "Counter", "bytearray"])


def import_time_nodes(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Nodes that are evaluated at import: not function bodies, not the ``__main__`` block, not lambdas."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            continue
        if isinstance(node, FunctionNode):
            stack.extend([*node.decorator_list, *node.args.defaults])
            continue
        yield node
        stack.extend(ast.iter_child_nodes(node))


def side_effects(program: Program) -> list[Row]:
    """Calls at import that touch the world: files, network, processes, output, global settings."""
    rows: list[Row] = []
    for file in program.tree.product():
        for node in import_time_nodes(file.tree.body):
            if isinstance(node, ast.Call) and (what := _effect(program, file, node)):
                rows.append(_row(file, node, call=what))
    return sorted(rows, key=lambda row: (row["file"], row["line"]))


def _effect(program: Program, file: SourceFile, node: ast.Call) -> str:
    """The name of an effectful call, or "". A call into the program counts when that function has effects."""
    found = program.dotted(file, node.func)
    if isinstance(found, str):
        return found if found.startswith(EFFECTS) else ""
    if isinstance(found, Function):
        inner = (n for n in ast.walk(found.node) if isinstance(n, ast.Call))
        named = (program.dotted(found.file, n.func) for n in inner)
        return found.name if any(isinstance(n, str) and n.startswith(EFFECTS) for n in named) else ""
    if isinstance(node.func, ast.Name) and found is None:
        return node.func.id if node.func.id in ("print", "open", "input", "exec") else ""
    if isinstance(node.func, ast.Attribute) and node.func.attr in EFFECT_METHODS:
        return ast.unparse(node.func)[:80]
    return ""


def wall_clock(program: Program) -> list[Row]:
    """Reads of the current time."""
    rows: list[Row] = []
    for file in program.tree.product():
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Call):
                found = program.dotted(file, node.func)
                if isinstance(found, str) and found in library.CLOCKS:
                    rows.append(_row(file, node, call=found))
    return rows


def mutated_globals(program: Program) -> list[Row]:
    """Module-level (and class-level) containers that functions change, with the places that do."""
    rows: list[Row] = []
    for file in program.tree.product():
        for name, line in _containers(file):
            writers = [
                w for f in program.functions() if f.file is file for w in lines_that_change(f.node, name)
            ]
            if writers:
                row = {"file": file.path, "line": line, "name": name, "writers": sorted(set(writers))}
                rows.append(row)
    return rows


def _containers(file: SourceFile) -> Iterator[tuple[str, int]]:
    for node in file.tree.body:
        value = getattr(node, "value", None)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and is_container(value):
            yield from ((t.id, node.lineno) for t in targets if isinstance(t, ast.Name))


def is_container(node: ast.AST | None) -> bool:
    """Whether an expression makes a new mutable container."""
    if isinstance(node, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp):
        return True
    name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
    return name in CONTAINERS


def lines_that_change(function: FunctionNode, name: str) -> list[int]:
    """Lines of a function that change the global ``name`` (which it does not shadow)."""
    declared = any(isinstance(n, ast.Global) and name in n.names for n in ast.walk(function))
    local = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    local |= {arg.arg for arg in ast.walk(function) if isinstance(arg, ast.arg)}
    if name in local and not declared:
        return []
    return [n.lineno for n in ast.walk(function) if isinstance(n, ast.expr) and _changes(n, name, declared)]


def _changes(node: ast.expr, name: str, declared: bool) -> bool:
    if isinstance(node, ast.Name):
        return declared and node.id == name and isinstance(node.ctx, ast.Store)
    if isinstance(node, ast.Subscript):
        return not isinstance(node.ctx, ast.Load) and getattr(node.value, "id", "") == name
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in MUTATORS and getattr(node.func.value, "id", "") == name
    return False


def _row(file: SourceFile, node: ast.expr, **extra: str) -> Row:
    return {"file": file.path, "line": node.lineno, **extra}
