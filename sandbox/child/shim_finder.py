"""Imports the stand-ins of sandbox/child/shims from memory: their files are out of sight once the jail is closed."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any


def read(folder: str) -> dict[str, tuple[Any, bool, str]]:
    """Module name -> (compiled source, whether it is a package, path) of everything below ``folder``."""
    found = {}
    for place, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            path = f"{place}/{file}"
            parts = os.path.relpath(path, folder)[: -len(".py")].split("/")
            if not file.endswith(".py") or parts == ["__init__"]:
                continue
            package = parts[-1] == "__init__"
            with open(path, encoding="utf-8") as handle:  # noqa: PTH123
                code = compile(handle.read(), path, "exec")
            found[".".join(parts[:-1] if package else parts)] = (code, package, path)
    return found


class ShimFinder:
    """Answers for the modules that it holds: before the interpreter's own where ``first``, else after them."""

    def __init__(self, modules: Mapping[str, tuple[Any, bool, str]], tops: Iterable[str]) -> None:
        self._modules, self._tops = modules, frozenset(tops)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The spec of a stand-in; None for everything else."""
        if name not in self._modules or name.partition(".")[0] not in self._tops:
            return None
        _, package, origin = self._modules[name]
        loader: Any = self
        return importlib.machinery.ModuleSpec(name, loader, origin=origin, is_package=package)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        """The usual kind of module."""
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        """Run its source."""
        module.__file__ = self._modules[module.__name__][2]
        exec(self._modules[module.__name__][0], module.__dict__)


#: Filled by the worker before the jail closes.
MODULES: dict[str, tuple[Any, bool, str]] = {}


def install(replaced: Iterable[str], added: Iterable[str]) -> None:
    """From now on ``replaced`` packages are the stand-ins; ``added`` ones are, where the interpreter has none."""
    absent = [name for name in added if not _there(name)]
    finder: Any = ShimFinder(MODULES, [*replaced, *absent])
    sys.meta_path.insert(0, finder)


def _there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
