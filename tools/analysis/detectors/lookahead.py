"""A decision may use bars that have not happened yet.

The data flow marks reads of later bars and follows them. What looks forward by its spelling (a negative shift, a
backfill, a centred window, a two-sided filter) is a suspect even where the way to a decision was lost, unless
its name says that it is a label for training. What is forward only in combination (whole-sample statistics that
meet a series, the last element, ``x[i + 1]``, a resample that is not delayed) must reach a decision.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable

from tools.analysis.architecture.values import Origin
from tools.analysis.detectors.base import Code, Suspect, span
from tools.analysis.source import SourceFile
from tools.contracts import Severity

FORWARD = frozenset(["negative_shift", "backfill", "centred_window", "two_sided_filter", "asof_forward"])
LABEL_WORDS = frozenset(
    [
        "label",
        "labels",
        "target",
        "future",
        "forward",
        "fwd",
        "ahead",
        "next",
        "outcome",
        "y",
        "truth",
        "lead",
    ]
)
WORDS = {
    "negative_shift": "shifts later bars back",
    "backfill": "fills a gap with a later value",
    "centred_window": "centres a window, half of which lies in the future",
    "two_sided_filter": "filters with bars on both sides",
    "asof_forward": "joins with a later row",
    "whole_sample": "uses a statistic of the whole sample, later bars included",
    "last": "uses the last bar of the sample on every bar",
    "next_index": "reads the next bar",
    "reversed": "runs over the bars backwards",
    "resample": "spreads an unfinished longer bar over the bars inside it",
    "interpolate": "interpolates towards a later value",
}


def detect(code: Code) -> Iterable[Suspect]:
    """Looks at later bars, one suspect a statement and kind."""
    groups: dict[tuple[ast.AST, str, str], list[Origin]] = defaultdict(list)
    for origin, node in code.flow.peeks.items():
        if origin.file in code.arch.relevant and _wanted(code, origin, node):
            groups[code.statement(node), origin.name, origin.file].append(origin)
    for (statement, kind, path), origins in groups.items():
        yield _suspect(code, code.tree.files[path], statement, kind, sorted(origins))


def _wanted(code: Code, origin: Origin, node: ast.AST) -> bool:
    if origin.name == "next_index" and _writes_next(code, node):
        return False
    if origin.name == "last" and _asked_bar_by_bar(code, node):
        return False
    if origin in code.flow.reached:
        return True
    return origin.name in FORWARD and not _is_label(code, node) and not _never_used(code, node)


def _asked_bar_by_bar(code: Code, node: ast.AST) -> bool:
    """Whether it stands in a class that is asked at every bar (``next`` of backtesting.py) and not in its ``init``: what
    it sees ends at the bar at hand."""
    above = list(code.ancestors(node))
    function = next((n for n in above if isinstance(n, ast.FunctionDef)), None)
    owner = next((n for n in above if isinstance(n, ast.ClassDef)), None)
    methods = {n.name for n in owner.body if isinstance(n, ast.FunctionDef)} if owner else set()
    return {"init", "next"} <= methods and function is not None and function.name != "init"


def _writes_next(code: Code, node: ast.AST) -> bool:
    """Whether the function also writes at ``i + 1``: then reading there is the present."""
    scope = next((n for n in code.ancestors(node) if isinstance(n, ast.FunctionDef)), None)
    subscripts = (n for n in ast.walk(scope) if isinstance(n, ast.Subscript)) if scope else ()
    return any(isinstance(n.ctx, ast.Store) and isinstance(n.slice, ast.BinOp) for n in subscripts)


def _is_label(code: Code, node: ast.AST) -> bool:
    """Whether the value, or the function around it, is named as something to predict."""
    names = [n.name for n in code.ancestors(node) if isinstance(n, ast.FunctionDef)]
    statement = code.statement(node)
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    for target in targets:
        if isinstance(target, ast.Name):
            names.append(target.id)
        elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            names.append(str(target.slice.value))
        elif isinstance(target, ast.Attribute):
            names.append(target.attr)
    return any(set(name.lower().split("_")) & LABEL_WORDS for name in names)


def _never_used(code: Code, node: ast.AST) -> bool:
    """Whether the look is in a function that nothing in the product calls and that writes no decision."""
    if not code.flow.decisions:
        return False
    path, function = code.flow.where.get(node, ("", ""))
    writes = {(d.file, d.function) for d in code.flow.decisions}
    return f"{path}::{function}" not in code.flow.called and (path, function) not in writes and bool(function)


def _suspect(code: Code, file: SourceFile, statement: ast.AST, kind: str, origins: list[Origin]) -> Suspect:
    nodes = [code.flow.peeks[origin] for origin in origins]
    reached = any(origin in code.flow.reached for origin in origins)
    reaches = sorted({d.name for d in code.flow.decisions if d.value.origins & set(origins)})
    first = nodes[0]
    shown = ", ".join(f"`{file.segment(node)}`" for node in nodes)
    way = f" on the way to {', '.join(reaches)}" if reaches else ""
    spans = [span(node) for node in nodes]
    whole = [*min(item[:2] for item in spans), *max(item[2:] for item in spans)]
    details = {"node": whole, "peek": kind, "nodes": spans, "reaches": reaches}
    severity = Severity.CRITICAL if reached else Severity.MEDIUM
    function = origins[0].function
    expression = " ; ".join(file.segment(node) for node in nodes)
    return Suspect(
        file, first, function, "lookahead", severity, f"{shown} {WORDS[kind]}{way}.", details, expression
    )
