"""What makes a strategy slow: work in a loop over the bars that grows with the bars."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from tools.analysis.architecture.program import Function, FunctionNode, Program
from tools.analysis.source import SourceFile

Row = dict[str, Any]
Loop = ast.For | ast.While
WINDOWS = frozenset(["rolling", "ewm", "expanding", "resample", "groupby"])
WHOLE = WINDOWS | frozenset(["cumsum", "cumprod", "cummax", "cummin", "rank", "pct_change", "quantile"])
AGGREGATES = frozenset(
    [
        "sum",
        "mean",
        "std",
        "max",
        "min",
        "median",
        "var",
        "average",
        "array",
        "asarray",
        "Series",
        "DataFrame",
    ]
)
BAR_CALLS = frozenset(["range", "iterrows", "itertuples", "enumerate", "zip"])
SQUARE = "O(n²): its work grows with the bars, at every bar"
REMEDIES = {
    "iterrows": "use columns, or itertuples() where a loop is needed",
    "row_apply": "write it with columns",
    "growing_frame": "collect plain rows in a list and make one frame after the loop",
    "growing_array": "make the array once, of the bars' length",
    "growing_list": "keep a deque(maxlen=...) or a running total",
    "growing_slice": "take a window of fixed length, or compute the column once before the loop",
    "repeated_indicator": "compute the column once before the loop",
}


def performance_smells(program: Program) -> list[Row]:
    """``[{"kind", "file", "line", "function", "text", "cost", "remedy"}]``; read from the source, nothing is timed."""
    rows: dict[tuple[str, int, str], Row] = {}
    for file in program.tree.product():
        for function, node in _places(file):
            for kind, at, cost in _smells(program, file, node):
                key = (file.path, at.lineno, kind)
                row = {"kind": kind, "file": file.path, "line": at.lineno, "function": function}
                text = file.segment(at)[:140]
                rows.setdefault(key, {**row, "text": text, "cost": cost, "remedy": REMEDIES[kind]})
    return [rows[key] for key in sorted(rows)]


def _places(file: SourceFile) -> Iterator[tuple[str, ast.AST]]:
    """Every node with the name of the innermost function around it."""
    stack: list[tuple[str, ast.AST]] = [("", file.tree)]
    while stack:
        name, node = stack.pop()
        yield name, node
        inner = node.name if isinstance(node, FunctionNode) else name
        stack.extend((inner, child) for child in ast.iter_child_nodes(node))


def _smells(program: Program, file: SourceFile, node: ast.AST) -> Iterator[tuple[str, ast.expr, str]]:
    if isinstance(node, ast.Call) and _name(node) == "apply" and _axis_one(node):
        yield "row_apply", node, "slow: one Python call a row"
    if isinstance(node, ast.For) and isinstance(node.iter, ast.Call) and _name(node.iter) == "iterrows":
        yield "iterrows", node.iter, "slow: one Series a row"
    if isinstance(node, ast.For | ast.While) and _over_bars(node):
        yield from _in_loop(program, file, node)


def _axis_one(node: ast.Call) -> bool:
    axis = [k.value for k in node.keywords if k.arg == "axis"]
    return any(isinstance(a, ast.Constant) and a.value in (1, "columns") for a in axis)


def _over_bars(loop: Loop) -> bool:
    """Whether a loop may go over the bars. A loop over written-out values, or over a short ``range(5)``, does not."""
    if isinstance(loop, ast.While):
        return True
    call = loop.iter
    if not isinstance(call, ast.Call):
        return isinstance(call, ast.Attribute) and call.attr in ("index", "values")
    if _name(call) == "range":
        return any(not isinstance(a, ast.Constant) for a in call.args)
    return _name(call) in BAR_CALLS


def _in_loop(program: Program, file: SourceFile, loop: Loop) -> Iterator[tuple[str, ast.expr, str]]:
    body = [n for statement in loop.body for n in ast.walk(statement)]
    moving = {n.id for n in body if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    if isinstance(loop, ast.For):
        moving |= {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
    aggregated = _aggregated(body)
    for node in body:
        if isinstance(node, ast.Call):
            yield from _call(program, file, node, moving, aggregated)
        elif isinstance(node, ast.Subscript) and _grows(node, moving):
            yield "growing_slice", node, SQUARE


def _call(
    program: Program, file: SourceFile, node: ast.Call, moving: set[str], aggregated: set[str]
) -> Iterator[tuple[str, ast.expr, str]]:
    found, name = program.dotted(file, node.func), _name(node)
    if found == "pandas.concat" or (name in ("append", "_append") and _frame_append(node)):
        yield "growing_frame", node, SQUARE
    elif found in ("numpy.append", "numpy.concatenate", "numpy.vstack", "numpy.hstack"):
        if any(isinstance(n, ast.Name) and n.id in moving for a in node.args for n in ast.walk(a)):
            yield "growing_array", node, SQUARE
    elif name == "append" and isinstance(node.func, ast.Attribute):
        if ast.unparse(node.func.value) in aggregated:
            yield "growing_list", node, SQUARE
    elif (name in WHOLE and isinstance(node.func, ast.Attribute) and _fixed(node.func.value, moving)) or (
        isinstance(found, Function) and _whole_frame(found, node, moving)
    ):
        yield "repeated_indicator", node, SQUARE


def _frame_append(node: ast.Call) -> bool:
    """``frame.append(row, ignore_index=True)``: lists take one argument."""
    return len(node.args) == 1 and any(k.arg == "ignore_index" for k in node.keywords)


def _aggregated(body: list[ast.AST]) -> set[str]:
    """What a loop sums up, averages or turns into an array as a whole."""
    calls = [n for n in body if isinstance(n, ast.Call) and _name(n) in AGGREGATES and n.args]
    return {ast.unparse(n.args[0]) for n in calls if isinstance(n.args[0], ast.Name | ast.Attribute)}


def _fixed(node: ast.expr, moving: set[str]) -> bool:
    """Whether an expression is the same at every turn of the loop."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return bool(names) and not names & moving


def _grows(node: ast.Subscript, moving: set[str]) -> bool:
    """``x[:i]``: from the first bar up to this one. A look back of fixed length has a start."""
    part = node.slice
    if not isinstance(part, ast.Slice) or not isinstance(node.ctx, ast.Load) or part.upper is None:
        return False
    from_start = part.lower is None or (isinstance(part.lower, ast.Constant) and part.lower.value == 0)
    ends = {n.id for n in ast.walk(part.upper) if isinstance(n, ast.Name)}
    return from_start and bool(ends & moving)


def _whole_frame(function: Function, call: ast.Call, moving: set[str]) -> bool:
    """A function of the program that computes windows, given something that does not change with the loop."""
    windows = [n for n in ast.walk(function.node) if isinstance(n, ast.Call) and _name(n) in WINDOWS]
    given = [a for a in call.args if isinstance(a, ast.Name | ast.Subscript | ast.Attribute)]
    return bool(windows) and bool(given) and all(_fixed(a, moving) for a in given)


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
