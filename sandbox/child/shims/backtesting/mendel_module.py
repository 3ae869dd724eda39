"""Mendel's own: imports a module that may be a script as well, statement by statement.

A script loads its prices and runs its Backtest at module level, and neither is to be had here. A statement that fails,
and that is no import, class or function, is left out and named; what it would have set is named where it is missed."""

from __future__ import annotations
import __future__

import ast
import importlib.util
import sys
from types import ModuleType
from typing import Any

_NEEDED = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Script:
    """A module, and the statements of it that were left out: (line, first and last), why, names they would have set."""

    def __init__(self, name: str) -> None:
        self.skipped: list[tuple[int, int, str]] = []
        self.unset: dict[str, tuple[int, str]] = {}
        self.module = self._load(name)

    def lines(self) -> list[str]:
        """What was left out, one line a reason, for the log of the run."""
        file = (self.module.__file__ or self.module.__name__).removeprefix(f"{sys.path[0]}/")
        return [
            f"{file}:{first}{f' to {last}' if last > first else ''} was not run: {why}"
            for first, last, why in self.skipped
        ]

    def why_unset(self, error: BaseException) -> str:
        """What to add to a NameError of a name that a statement left out would have set."""
        name = getattr(error, "name", None) if isinstance(error, NameError) else None
        if name not in self.unset:
            return ""
        line, why = self.unset[name]
        return f"; line {line}, which sets it, could not be run: {why}"

    def _load(self, name: str) -> ModuleType:
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        loader: Any = spec.loader
        source = loader.get_source(name) if hasattr(loader, "get_source") else None
        if source is None or spec.origin is None:
            return importlib.import_module(name)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        self._run(ast.parse(source, spec.origin), module, spec.origin)
        return module

    def _run(self, tree: ast.Module, module: ModuleType, file: str) -> None:
        flags = 0
        for statement in tree.body:
            flags |= _future(statement)
            part = ast.Module([statement], [])
            code = compile(part, file, "exec", flags, dont_inherit=True)
            if isinstance(statement, _NEEDED):
                exec(code, module.__dict__)
                continue
            try:
                exec(code, module.__dict__)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a script may fail in any way; it is named
                self._skip(statement, error)

    def _skip(self, statement: ast.stmt, error: BaseException) -> None:
        first, last = statement.lineno, statement.end_lineno or statement.lineno
        why = f"{type(error).__name__}: {str(error)[:160]}".strip(": ")
        self.skipped.append((first, last, why))
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.unset.setdefault(node.id, (first, why))


def _future(statement: ast.stmt) -> int:
    if not isinstance(statement, ast.ImportFrom) or statement.module != "__future__":
        return 0
    flags = [getattr(__future__, alias.name).compiler_flag for alias in statement.names]
    total: int = sum(flags)
    return total


def subclasses(module: ModuleType, root: Any) -> dict[str, type]:
    """Classes of a module's own that inherit from ``root``."""
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, root) and value.__module__ == module.__name__
    }
