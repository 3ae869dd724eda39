"""Attaching a system: look at a folder without running any of it, and write its ``mendel.toml``."""

from __future__ import annotations

import difflib
import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from tools.system.candidates import Candidate, candidate_named
from tools.system.classes import find_classes
from tools.system.config import CONFIG_NAME, parse_config
from tools.system.detect import AttachError, Detected, detect, read_modules, why_nothing
from tools.system.render import render_toml

__all__ = ["AttachError", "AttachReport", "Detected", "attach", "detect", "render_toml"]


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
    """Write ``mendel.toml`` into the folder ``path``.

    ``target`` (``module:name``) settles which function is the strategy and ``data`` (a glob, relative to the
    current folder) where the bars are. Where several functions fit, ``yes`` takes the likeliest and leaves the
    others as comments; else they are listed in the error. ``force`` replaces a ``mendel.toml`` that is there."""
    found = detect(path)
    file = found.root / CONFIG_NAME
    if os.path.lexists(file) and not force:
        raise AttachError(f"{file}: exists already; edit it, or replace it with --force")
    if target is not None:
        found = replace(found, candidates=(_named(found, target), *found.candidates))
    elif not yes:
        _require_one(found)
    if data is not None:
        pattern = _relative(found.root, data)
        found = replace(found, data=(pattern,), timeframe=None)
    text = render_toml(found)
    parse_config(text)  # what we write, we can read
    _write(file, text)
    return AttachReport(file, found.candidates[0], found, tuple(_notes(found)))


def _named(found: Detected, target: str) -> Candidate:
    modules, _, _ = read_modules(found.root)
    classes = {found.target: found for found in find_classes(modules)}
    candidate = classes.get(target) or candidate_named(target, modules)
    if candidate is None:
        near = difflib.get_close_matches(target, [c.target for c in found.candidates], n=1, cutoff=0.3)
        hint = f"did you mean {near[0]}?" if near else "write module:function, as you would import it"
        raise AttachError(f"--target {target}: no such function in {found.root}; {hint}")
    return candidate


def _require_one(found: Detected) -> None:
    if not found.candidates:
        raise AttachError(why_nothing(found))
    best = [c for c in found.candidates if c.score == found.candidates[0].score]
    if len(best) > 1:
        names = ", ".join(c.target for c in best)
        raise AttachError(
            f"{found.root}: {names} could each be the strategy; choose one with --target, or use --yes"
        )


def _notes(found: Detected) -> list[str]:
    first = found.candidates[0]
    notes = [f"{file} does not parse: {why}" for file, why in found.unreadable.items()]
    notes += [f"{first.target}: {first.doubt}; set [strategy] params"] if first.doubt else []
    notes += [f"{first.file}: {text}" for text in first.unfollowed]
    notes += [] if found.data else ["no candles found: set [data] path, use --data, or: mendel data synth"]
    if found.source != "." and found.tests:
        notes.append("imports start in src: tests outside of it are not part of what is run")
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
