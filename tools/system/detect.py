"""Looks at a folder that may hold a trading system, without importing or running any of it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.host.parse import check_sources
from tools.contracts import MendelError
from tools.system.bundles import decode
from tools.system.candidates import Candidate, find_candidates, find_other_kinds
from tools.system.classes import find_classes
from tools.system.modules import Module, module_name
from tools.system.source import SourceWalk
from tools.system.surroundings import find_data, find_pages, find_python, find_tests, timeframe_in


class AttachError(MendelError):
    """The folder cannot be attached as it is."""


@dataclass(frozen=True)
class Detected:
    """What was found in a folder. ``source`` is where imports start ("." or "src"); ``unreadable`` maps files
    that do not parse to the reason; ``others`` are strategies of kinds that cannot be run yet."""

    root: Path
    source: str
    candidates: tuple[Candidate, ...]
    others: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    timeframe: str | None = None
    tests: str | None = None
    pages: tuple[str, ...] = ()
    serve: str | None = None
    python: str | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)


def detect(path: str | Path) -> Detected:
    """Look at a folder: read, never imported or run. Files that do not parse are named."""
    root = Path(path).resolve()
    if not root.is_dir():
        raise AttachError(f"{path}: no such folder; name the folder of a trading system")
    modules, unreadable, source = read_modules(root)
    data = find_data(root)
    pages, serve = find_pages(root)
    return Detected(
        root,
        source,
        (*find_classes(modules), *find_candidates(modules)),
        tuple(find_other_kinds(modules)),
        tuple(data),
        timeframe_in(root, data[0]) if data else None,
        find_tests(root),
        tuple(pages),
        serve,
        find_python(root),
        unreadable,
    )


def read_modules(root: Path) -> tuple[dict[str, Module], dict[str, str], str]:
    """The importable modules by name, what does not parse, and the folder that imports start from."""
    source = "src" if (root / "src").is_dir() and not (root / "src/__init__.py").exists() else "."
    if source == "src" and not any((root / "src").rglob("*.py")):
        source = "."
    texts = {}
    for rel in SourceWalk(root / source).files():
        if rel.endswith(".py"):
            texts[rel] = decode((root / source / rel).read_bytes()).removeprefix("\ufeff")
    unreadable = check_sources(texts)
    modules: dict[str, Module] = {}
    for rel, text in texts.items():
        name = module_name(rel)
        if name and rel not in unreadable and not _is_test(rel):
            modules[name] = Module(name, rel, ast.parse(text))
    return modules, unreadable, source


def _is_test(rel: str) -> bool:
    *folders, name = rel.split("/")
    return (
        bool({"tests", "test"} & set(folders))
        or name.startswith("test_")
        or name in ("conftest.py", "setup.py")
    )


def why_nothing(found: Detected) -> str:
    if found.others:
        return (
            f"{found.root}: {found.others[0]} cannot be run yet; wrap it in a function signals(bars, params)"
        )
    broken = "".join(f" ({file} does not parse: {why})" for file, why in list(found.unreadable.items())[:1])
    return f"{found.root}: no strategy found{broken}; write signals(bars, params), or name it: --target module:function"
