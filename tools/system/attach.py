"""Attaching a system: look at a folder without running any of it, and write its ``mendel.toml``."""

from __future__ import annotations

import difflib
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tools.system.candidates import Candidate, candidate_named
from tools.system.config import CONFIG_NAME, parse_config
from tools.system.detect import AttachError, Detected, detect, find_all, why_nothing
from tools.system.needs import proposed_stubs, with_needs
from tools.system.parsed import Parsed
from tools.system.render import render_toml

__all__ = [
    "AttachError",
    "AttachReport",
    "Choose",
    "Detected",
    "attach",
    "detect",
    "prepare",
    "render_toml",
    "write",
]

#: Asked which of several equally likely candidates is the strategy.
Choose = Callable[[Sequence[Candidate]], Candidate]


@dataclass(frozen=True)
class AttachReport:
    """What was written, and what a person should look at."""

    file: Path
    strategy: Candidate
    detected: Detected
    notes: tuple[str, ...]


def attach(
    path: str | Path,
    *,
    target: str | None = None,
    yes: bool = False,
    data: str | None = None,
    force: bool = False,
) -> AttachReport:
    """Write ``mendel.toml`` into the folder ``path`` (or the folder of the file ``path``).

    ``target`` (``module:name``) settles which function is the strategy and ``data`` (a glob, relative to the
    current folder) where the bars are. Where several functions fit, ``yes`` takes the likeliest and leaves the
    others as comments; else they are listed in the error. ``yes`` also has modules stubbed that are not installed.
    ``force`` replaces a ``mendel.toml`` that is there."""
    found = prepare(path, target=target, yes=yes, data=data, force=force)
    if yes:
        found = replace(found, stubs=proposed_stubs(found))
    return write(found)


def prepare(
    path: str | Path,
    *,
    target: str | None = None,
    yes: bool = False,
    data: str | None = None,
    force: bool = False,
    choose: Choose | None = None,
) -> Detected:
    """What would be written, the strategy first among its candidates. ``choose`` is asked where several are equally
    likely and neither ``target`` nor ``yes`` says which. Raises AttachError, one line."""
    folder, only = _place(path)
    file = folder / CONFIG_NAME
    if os.path.lexists(file) and not force:
        raise AttachError(f"{file}: exists already; edit it, or replace it with --force")
    found = detect(folder, only=only)
    if target is not None:
        found = _named(found, target)
    elif not found.candidates:
        raise AttachError(why_nothing(found))
    elif not yes:
        found = _first(found, _one(found, choose))
    if data is not None:
        found = replace(found, data=(_relative(found.root, data),), timeframe=None)
    return with_needs(found, found.root / found.python if found.python else Path(sys.executable))


def write(found: Detected) -> AttachReport:
    """Write ``mendel.toml``; replace the one that is there."""
    file = found.root / CONFIG_NAME
    text = render_toml(found)
    parse_config(text)  # what we write, we can read
    _write(file, text)
    return AttachReport(file, found.candidates[0], found, tuple(_notes(found)))


def _place(path: str | Path) -> tuple[Path, str | None]:
    """(the system's folder, the one file of it that is meant)."""
    given = Path(path).expanduser()
    if not given.is_file():
        return given, None
    if given.suffix == ".ipynb":
        raise AttachError(f"{path}: notebooks are not read; save the strategy as a .py file")
    if given.suffix != ".py":
        raise AttachError(f"{path}: is no Python file; name the folder of a trading system, or a .py file")
    folder = given.resolve().parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder, given.resolve().relative_to(folder).as_posix()


def _named(found: Detected, target: str) -> Detected:
    """The candidate of that name first, wherever imports have to start for it."""
    assert found.parsed is not None
    for start in _starts(found.parsed, found.source):
        modules = found.parsed.modules(start)
        everything = find_all(modules)
        known = next((c for c in everything if c.target == target), None)
        candidate = known or candidate_named(target, modules)
        if candidate is not None:
            return _first(replace(found, source=start, candidates=tuple(everything)), candidate)
    near = difflib.get_close_matches(target, [c.target for c in found.candidates], n=1, cutoff=0.3)
    hint = f"did you mean {near[0]}?" if near else "write module:function, as you would import it"
    raise AttachError(f"--target {target}: no such function in {found.root}; {hint}")


def _starts(parsed: Parsed, usual: str) -> list[str]:
    folders = {str(parent) for rel in parsed.trees for parent in Path(rel).parents}
    return [usual, *sorted(folders - {usual}, key=lambda folder: (folder.count("/"), folder != ".", folder))]


def _first(found: Detected, candidate: Candidate) -> Detected:
    others = [c for c in found.candidates if c.target != candidate.target]
    return replace(found, candidates=(candidate, *others))


def _one(found: Detected, choose: Choose | None) -> Candidate:
    first = found.candidates[0]
    best = [c for c in found.candidates if (c.kind, c.score) == (first.kind, first.score)]
    if len(best) == 1:
        return first
    if choose is not None:
        return choose(best)
    shown = [c.target for c in best[:8]]
    names = ", ".join(shown) + (f" and {len(best) - 8} more" if len(best) > 8 else "")
    raise AttachError(
        f"{found.root}: {names} could each be the strategy; choose one with --target, or use --yes"
    )


def _notes(found: Detected) -> list[str]:
    first = found.candidates[0]
    notes = [f"{file} does not parse: {why}" for file, why in found.unreadable.items()]
    notes += [f"{first.target}: {first.doubt}; set [strategy] params"] if first.doubt else []
    notes += [f"{first.file}: {text}" for text in first.unfollowed]
    notes += found.notes
    notes += (
        []
        if found.data
        else ["no candles found: put some into data/ ([data] path), use --data, or: mendel data synth data"]
    )
    if found.source != "." and found.tests:
        notes.append(f"imports start in {found.source}: tests outside of it are not part of what is run")
    return notes


def _relative(root: Path, pattern: str) -> str:
    """A glob given from the current folder, as written in ``mendel.toml``: relative where it is inside."""
    absolute = os.path.normpath(Path.cwd() / Path(pattern).expanduser())
    return os.path.relpath(absolute, root) if Path(absolute).is_relative_to(root) else absolute


def _write(file: Path, text: str) -> None:
    try:
        handle, name = tempfile.mkstemp(prefix=".mendel-", dir=file.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as fresh:
            fresh.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except OSError as error:
        raise AttachError(
            f"{file}: cannot be written ({error.strerror}); make the folder writable"
        ) from error
