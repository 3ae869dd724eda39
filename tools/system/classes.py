"""Classes that could be the strategy, found in syntax trees by what they inherit from: nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tools.system.adapters import backtesting_hooks, freqtrade_hooks
from tools.system.candidates import Candidate
from tools.system.modules import Module, last_name
from tools.system.roots import ROOTS, root_of

_UNFOLLOWED = {"freqtrade": freqtrade_hooks.unfollowed, "backtesting": backtesting_hooks.unfollowed}
#: A class of a known kind is surer than any function that looks like one.
_SCORE = 20
_WRITES = ("populate_entry_trend", "populate_buy_trend", "populate_indicators", "next", "init")
_TIMEFRAMES = ("timeframe", "ticker_interval")


def find_classes(modules: Mapping[str, Module]) -> list[Candidate]:
    """Every class of a known kind, the ones that write signals first; a class that others inherit from after them."""
    classes = dict(_classes(modules))
    parents = {last_name(base) for _, node in classes.values() for base in node.bases}
    found = [
        _candidate(module, node, kind, classes, node.name in parents)
        for module, node in classes.values()
        if (kind := _kind(node, classes)) is not None
    ]
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.target))


def _classes(modules: Mapping[str, Module]) -> Iterator[tuple[str, tuple[Module, ast.ClassDef]]]:
    for module in modules.values():
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                yield f"{module.name}:{node.name}", (module, node)


def ancestry(
    node: ast.ClassDef, classes: Mapping[str, tuple[Module, ast.ClassDef]]
) -> tuple[list[ast.ClassDef], str | None]:
    """(the class and those of the system that it inherits from, the root's name that it ends at)."""
    by_name = {found.name: found for _, found in classes.values()}
    modules = {id(found): module for module, found in classes.values()}
    line, seen = [node], {node.name}
    for current in line:
        for base in current.bases:
            root = root_of(base, modules[id(current)])
            if root is not None:
                return line, root
            name = last_name(base)
            if name in by_name and name not in seen:
                seen.add(name)
                line.append(by_name[name])
    return line, None


def _kind(node: ast.ClassDef, classes: Mapping[str, tuple[Module, ast.ClassDef]]) -> str | None:
    root = ancestry(node, classes)[1]
    return None if root is None else ROOTS[root]


def _candidate(
    module: Module,
    node: ast.ClassDef,
    kind: str,
    classes: Mapping[str, tuple[Module, ast.ClassDef]],
    parent: bool,
) -> Candidate:
    line, _ = ancestry(node, classes)
    writes = any(isinstance(n, ast.FunctionDef) and n.name in _WRITES for c in line for n in c.body)
    timeframe = next((t for c in line if (t := text_of(c, *_TIMEFRAMES))), None)
    score = _SCORE + 5 * writes - 3 * parent
    return Candidate(
        target=f"{module.name}:{node.name}",
        params=None,
        file=module.file,
        line=node.lineno,
        score=score,
        kind=kind,
        timeframe=timeframe,
        unfollowed=tuple(_UNFOLLOWED[kind](line)),
    )


def text_of(node: ast.ClassDef, *names: str) -> str | None:
    """The text that a class gives one of these attributes."""
    for statement in node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        if any(isinstance(t, ast.Name) and t.id in names for t in targets):
            value = getattr(statement, "value", None)
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                return value.value
    return None
