"""Whether the limits that an hour is compared with are said to be UTC: by their names, or where they are given their values.

``hour >= start`` in a function that is called with ``cfg["session_start_utc"]``; ``FIRST_HOUR = 3  # UTC``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools.analysis.probes.numbers import data_files
from tools.analysis.probes.watch import Watched
from tools.analysis.study import Study

#: Methods that compare.
ASKING = frozenset(["between", "isin", "ge", "gt", "le", "lt", "eq", "ne"])
Function = ast.FunctionDef | ast.AsyncFunctionDef


def utc_is_meant(study: Study, item: Watched) -> bool:
    """Whether a limit that the hour is compared with, in its own function, is called UTC or said to be."""
    file = study.tree.files[item.file]
    wanted = item.function.rpartition(".")[2]
    around = [n for n in ast.walk(file.tree) if isinstance(n, Function) and n.name == wanted]
    limits: set[str] = set()
    tops: list[ast.AST] = [*around] or [file.tree]
    for top in tops:
        limits |= set(_limits(top, item))
    for function in around:
        limits |= {name for limit in limits for name in _given(study, function, limit)}
    return any("utc" in name.lower() for name in limits) or _said(study, limits)


def _limits(top: ast.AST, item: Watched) -> Iterator[str]:
    """The names beside the hour in comparisons, ``hour.between(first, last)`` among them."""
    for node in ast.walk(top):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKING:
            sides = [node.func.value, *node.args, *(k.value for k in node.keywords)]
        else:
            continue
        hours = [s for s in sides if item.name in _names(s) or item.text in ast.unparse(s)]
        if hours:
            yield from (name for s in sides if s not in hours for name in _names(s))


def _given(study: Study, function: Function, parameter: str) -> Iterator[str]:
    """The names of what calls hand to a parameter."""
    own = [a.arg for a in (*function.args.posonlyargs, *function.args.args) if a.arg not in ("self", "cls")]
    if parameter not in own:
        return
    place = own.index(parameter)
    for file in study.tree.product():
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Call) and _called(node) == function.name:
                given = [k.value for k in node.keywords if k.arg == parameter] or node.args[place : place + 1]
                yield from (name for value in given for name in _names(value))


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def _names(node: ast.AST) -> set[str]:
    """Names, attributes and keys in an expression."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found.add(part.id)
        elif isinstance(part, ast.Attribute):
            found.add(part.attr)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.isidentifier():
            found.add(part.value)
    return found


def _said(study: Study, names: set[str]) -> bool:
    """Whether a line that gives one of the names its value says UTC."""
    texts = [*(f.text for f in study.tree.product()), *data_files(study).values()]
    rows = [row for text in texts for row in text.splitlines() if re.search(r"\bUTC\b", row, re.IGNORECASE)]
    given = [
        re.compile(rf"""\b{re.escape(name)}\b["']?\s*(:|=(?!=)|,.*=)""", re.IGNORECASE) for name in names
    ]
    return any(pattern.search(row) for pattern in given for row in rows)
