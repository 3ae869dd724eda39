"""Chooses the folder that imports start from: the one under which the strategy's own imports are found."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from tools.system.modules import Module, module_name
from tools.system.parsed import Parsed, below


def usual_start(parsed: Parsed) -> str:
    """``src`` where that is a layout and no package, else the repository's own folder."""
    inside = any(rel.startswith("src/") for rel in parsed.trees)
    return "src" if inside and "src/__init__.py" not in parsed.trees else "."


def odd_starts(parsed: Parsed) -> list[str]:
    """Folders that no module name can hold (``v1.2``), the deepest of each path: imports can only start in them."""
    found = []
    for rel in parsed.trees:
        folders = rel.split("/")[:-1]
        odd = [depth for depth in range(len(folders)) if module_name(folders[depth] + ".py") is None]
        found += ["/".join(folders[: odd[-1] + 1])] if odd else []
    return sorted(set(found))


def best_start(parsed: Parsed, rel: str, usual: str) -> str:
    """Where imports start for the strategy in the file ``rel`` (relative to the repository): the usual place
    unless another folder above the file resolves more of what it and its modules import."""
    folders = [str(folder) for folder in PurePosixPath(rel).parents]
    starts = list(dict.fromkeys([usual, *reversed(folders)]))
    starts = [start for start in starts if below(rel, start) is not None]
    known = {start: parsed.modules(start) for start in starts}
    tops = {name.partition(".")[0] for modules in known.values() for name in modules}
    return min(starts, key=lambda start: len(_unresolved(parsed, rel, start, known[start], tops)))


def _unresolved(
    parsed: Parsed, rel: str, start: str, modules: Mapping[str, Module], tops: set[str]
) -> set[str]:
    """Imports of the system's own modules that fail when imports start in ``start``."""
    inside = below(rel, start)
    first = next((m for m in modules.values() if m.file == inside), None)
    if first is None:
        return {"the file itself"}
    missing: set[str] = set()
    for module in closure(first, modules):
        for name, level in _names(module):
            if level == 0 and name.partition(".")[0] in tops and not _there(name, modules):
                missing.add(name)
            if level > 0 and level > len(module.package.split(".") if module.package else []):
                missing.add("." * level + name)
    return missing


def closure(first: Module, modules: Mapping[str, Module]) -> list[Module]:
    """A module and all modules of the system that it imports, directly or through others."""
    found, waiting = {first.name: first}, [first]
    while waiting:
        module = waiting.pop()
        for name in _absolute(module):
            parts = name.split(".")
            for depth in range(1, len(parts) + 1):
                inner = modules.get(".".join(parts[:depth]))
                if inner is not None and inner.name not in found:
                    found[inner.name] = inner
                    waiting.append(inner)
    return list(found.values())


def _there(name: str, modules: Mapping[str, Module]) -> bool:
    """Whether an import of ``name`` finds a module, or a folder of modules."""
    return name in modules or any(other.startswith(name + ".") for other in modules)


def _absolute(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.package.split(".") if module.package else []
                above = package[: len(package) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            yield base
            yield from (f"{base}.{alias.name}".strip(".") for alias in node.names)


def _names(module: Module) -> Iterator[tuple[str, int]]:
    """(module, dots in front of it) of what runs when the module is imported."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", node.level
