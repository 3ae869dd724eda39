"""Every operator by name: one for each module of this package that has an ``OPERATOR``."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from lab.bugs import operators
from lab.bugs.operator import Operator
from lab.bugs.style import BugError


def _found() -> dict[str, Operator]:
    names = sorted(m.name for m in iter_modules(operators.__path__) if m.name != __name__.rpartition(".")[2])
    modules = [import_module(f"{operators.__name__}.{name}") for name in names]
    return {module.OPERATOR.name: module.OPERATOR for module in modules}


OPERATORS: dict[str, Operator] = _found()


def operator_of(name: str) -> Operator:
    """The operator of that name. Raises BugError."""
    if name not in OPERATORS:
        raise BugError(f"no operator is called {name}: use {', '.join(OPERATORS)}")
    return OPERATORS[name]
