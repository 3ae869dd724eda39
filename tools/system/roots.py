"""Which library's strategy a class inherits from, by the name and, where others use that name too, by its import."""

from __future__ import annotations

import ast

from tools.system.modules import Module, last_name

#: Class that a kind's strategies inherit from -> the kind.
ROOTS = {
    "IStrategy": "freqtrade",
    "Strategy": "backtesting",
    "SignalStrategy": "backtesting",
    "TrailingStrategy": "backtesting",
}
#: Names that mean nothing unless they come from the library of that name.
_COMMON = frozenset(["backtesting"])


def root_of(base: ast.expr, module: Module) -> str | None:
    """The name in ROOTS that ``base`` stands for in ``module``; None where it is another class."""
    name = _own_name(base, module)
    kind = ROOTS.get(name or "")
    if kind is None or (kind in _COMMON and not _comes_from(base, module, kind)):
        return None
    return name


def _own_name(base: ast.expr, module: Module) -> str | None:
    """``Strategy`` for ``bt.Strategy``, and for ``Base`` after ``import Strategy as Base``."""
    if isinstance(base, ast.Name):
        for node in _from_imports(module):
            for alias in node.names:
                if alias.asname == base.id:
                    return alias.name
    return last_name(base)


def _comes_from(base: ast.expr, module: Module, library: str) -> bool:
    if isinstance(base, ast.Name):
        return any(
            _top(node.module) == library
            and any(alias.name == "*" or (alias.asname or alias.name) == base.id for alias in node.names)
            for node in _from_imports(module)
        )
    while isinstance(base, ast.Attribute):
        base = base.value
    if not isinstance(base, ast.Name):
        return False
    bound = [
        (alias.asname or _top(alias.name), alias.name)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    bound += [
        (alias.asname or alias.name, node.module or "")
        for node in _from_imports(module)
        for alias in node.names
    ]
    return any(name == base.id and _top(path) == library for name, path in bound)


def _from_imports(module: Module) -> list[ast.ImportFrom]:
    return [node for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom) and not node.level]


def _top(path: str | None) -> str:
    return (path or "").partition(".")[0]
