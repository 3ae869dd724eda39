"""Looks at a folder that may hold a trading system, without importing or running any of it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.contracts import MendelError
from tools.system.candidates import Candidate, find_candidates, near_misses
from tools.system.classes import find_classes
from tools.system.commands_found import find_commands
from tools.system.environment import Variable, find_variables
from tools.system.imports import Imported
from tools.system.modules import Module
from tools.system.parsed import Parsed, left_out, read_sources
from tools.system.processes import find_processes
from tools.system.starts import best_start, odd_starts, usual_start
from tools.system.surroundings import files_of, find_data, find_pages, find_python, find_tests, timeframe_in

#: Which kind is the surest sign of a strategy, the first first. A command is a last resort.
_KINDS = ("freqtrade", "backtesting", "process", "signals", "command")


class AttachError(MendelError):
    """The folder cannot be attached as it is."""


@dataclass(frozen=True)
class Detected:
    """What was found in a folder. ``source`` is where imports start, relative; ``unreadable`` maps files
    that do not parse to the reason."""

    root: Path
    source: str
    candidates: tuple[Candidate, ...]
    data: tuple[str, ...] = ()
    timeframe: str | None = None
    tests: str | None = None
    pages: tuple[str, ...] = ()
    serve: str | None = None
    python: str | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)
    #: Files that are started by a person: "run.py" or "pyproject.toml: bot = app.main:run".
    entry_points: tuple[str, ...] = ()
    environment: tuple[Variable, ...] = ()
    #: What the strategy imports from outside that its interpreter has not got.
    absent: tuple[Imported, ...] = ()
    #: What it imports from outside that would talk to somebody when it is imported.
    clients: tuple[Imported, ...] = ()
    #: Modules that are written down as [system] stubs.
    stubs: tuple[str, ...] = ()
    #: Values that are written down as [system] environment.
    values: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    parsed: Parsed | None = field(default=None, repr=False, compare=False)


def detect(path: str | Path, *, only: str | None = None) -> Detected:
    """Look at a folder: read, never imported or run. Files that do not parse are named. ``only`` keeps the
    strategies of one file, relative to the folder."""
    root = Path(path).resolve()
    if not root.is_dir():
        raise AttachError(f"{path}: no such folder; name the folder of a trading system")
    parsed = read_sources(root)
    source, candidates = _where(parsed, only)
    files = list(files_of(root))
    if not candidates and (commands := _kept(find_commands(root, files, parsed.trees), ".", only)):
        source, candidates = ".", commands
    data = find_data(root)
    pages, serve = find_pages(root)
    return Detected(
        root,
        source,
        tuple(candidates),
        tuple(data),
        timeframe_in(root, data[0]) if data else None,
        find_tests(root),
        tuple(pages),
        serve,
        find_python(root),
        parsed.unreadable,
        tuple(entry_points(parsed)),
        tuple(find_variables(parsed.trees, parsed.texts)),
        notes=(*parsed.notes, *left_out(root, files)),
        parsed=parsed,
    )


def find_all(modules: Mapping[str, Module]) -> list[Candidate]:
    """Everything that could be the strategy: by its kind first, the likeliest of a kind first."""
    found = [
        *find_classes(modules),
        *find_processes(modules),
        *find_candidates(modules),
    ]
    return sorted(found, key=lambda c: (_KINDS.index(c.kind), -c.score, c.target))


def _where(parsed: Parsed, only: str | None) -> tuple[str, list[Candidate]]:
    """The folder that imports start from, and what could be the strategy as seen from there."""
    source = usual_start(parsed)
    found = _kept(find_all(parsed.modules(source)), source, only)
    for other in (".", *odd_starts(parsed)):
        if not found and other != source:
            source, found = other, _kept(find_all(parsed.modules(other)), other, only)
    if found:
        better = best_start(parsed, _from_root(source, found[0].file), source)
        if better != source:
            source, found = better, _kept(find_all(parsed.modules(better)), better, only)
    return source, found


def _kept(found: list[Candidate], source: str, only: str | None) -> list[Candidate]:
    return [c for c in found if only is None or _from_root(source, c.file) == only]


def _from_root(source: str, file: str) -> str:
    return file if source == "." else f"{source}/{file}"


def entry_points(parsed: Parsed) -> list[str]:
    """Scripts that a person starts: files with ``if __name__ == "__main__"``, sorted."""
    return sorted(rel for rel, tree in parsed.trees.items() if any(map(_starts, tree.body)))


def _starts(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and any(
        isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(node.test)
    )


def why_nothing(found: Detected) -> str:
    broken = "".join(f" ({file} does not parse: {why})" for file, why in list(found.unreadable.items())[:1])
    books = next((f" ({note})" for note in found.notes if "notebooks are not read" in note), "")
    near = near_misses(found.parsed.modules(found.source)) if found.parsed else []
    miss = f" ({near[0]})" if near else ""
    return (
        f"{found.root}: no strategy found{broken or books}; write signals(bars, params){miss}, or name it: "
        "--target module:function"
    )
