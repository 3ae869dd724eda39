"""Attaching a system: look at a folder without running any of it, and write its ``mendel.toml``."""

from __future__ import annotations

import ast
import difflib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sandbox.host.parse import check_sources
from tools.contracts import MendelError
from tools.system.bundles import decode
from tools.system.candidates import (
    Candidate,
    Module,
    candidate_named,
    find_candidates,
    find_other_kinds,
    module_name,
)
from tools.system.config import CONFIG_NAME, parse_config
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


@dataclass(frozen=True)
class AttachReport:
    """What was written, and what a person should look at."""

    file: Path
    strategy: Candidate
    detected: Detected
    notes: tuple[str, ...]


def detect(path: str | Path) -> Detected:
    """Look at a folder: read, never imported or run. Files that do not parse are named."""
    root = Path(path).resolve()
    if not root.is_dir():
        raise AttachError(f"{path}: no such folder; name the folder of a trading system")
    modules, unreadable, source = _modules(root)
    data = find_data(root)
    pages, serve = find_pages(root)
    return Detected(
        root,
        source,
        tuple(find_candidates(modules)),
        tuple(find_other_kinds(modules)),
        tuple(data),
        timeframe_in(root, data[0]) if data else None,
        find_tests(root),
        tuple(pages),
        serve,
        find_python(root),
        unreadable,
    )


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


def render_toml(found: Detected) -> str:
    """The ``mendel.toml`` of what was detected, its first candidate as the strategy, with comments."""
    if not found.candidates:
        raise AttachError(_nothing(found))
    first, *rest = found.candidates
    others = list(dict.fromkeys(c.target for c in rest if c.target != first.target))
    lines = [
        "# What Mendel knows about this system. Every setting is described in the documentation.",
        "",
        "[system]",
    ]
    lines += [f"name = {_quote(found.root.name)}"]
    lines += [f"root = {_quote(found.source)}  # imports start here"] if found.source != "." else []
    lines += [f"python = {_quote(found.python)}"] if found.python else []
    lines += [
        'editable = ["**/*.py"]  # what a patch may change; tests are frozen unless you say otherwise',
        "",
    ]
    lines += [
        "[strategy]",
        'kind = "signals"',
        f"target = {_quote(first.target)}  # {first.file}:{first.line}",
    ]
    lines += [f"# or: target = {_quote(other)}" for other in others]
    lines += [f"params = {_quote(first.params)}"] if first.params else []
    lines += [f"# params: {first.doubt}"] if first.doubt else []
    lines += ["", "[data]", *_data_lines(found), ""]
    lines += [
        "[costs]",
        "fee_bps = { maker = 2.0, taker = 5.0 }  # a side; set what you pay",
        "slippage_bps = 1.0",
        "",
    ]
    if found.pages or found.serve:
        lines += ["[dashboards]"] + ([f"pages = {_list(found.pages)}"] if found.pages else [])
        lines += ([f"serve = {_quote(found.serve)}"] if found.serve else []) + [""]
    lines += [
        "[tests]",
        f"command = {_quote(found.tests)}" if found.tests else '# command = "python -m pytest -q"',
        "",
    ]
    lines += [
        "[vault]",
        "from = 0.2  # the newest fifth of the time is kept for the last gate; a date works too",
        "",
    ]
    lines += ["[policy]", 'approve = "all"  # every patch waits for you']
    return "\n".join(lines) + "\n"


def _data_lines(found: Detected) -> list[str]:
    if not found.data:
        return ['# path = "data/*.parquet"  # no candles were found here; to make some: mendel data synth']
    lines = [f"path = {_quote(found.data[0])}"]
    lines += [f"# or: path = {_quote(other)}" for other in found.data[1:6]]
    return lines + ([f"timeframe = {_quote(found.timeframe)}"] if found.timeframe else [])


def _modules(root: Path) -> tuple[dict[str, Module], dict[str, str], str]:
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


def _named(found: Detected, target: str) -> Candidate:
    modules, _, _ = _modules(found.root)
    candidate = candidate_named(target, modules)
    if candidate is None:
        near = difflib.get_close_matches(target, [c.target for c in found.candidates], n=1, cutoff=0.3)
        hint = f"did you mean {near[0]}?" if near else "write module:function, as you would import it"
        raise AttachError(f"--target {target}: no such function in {found.root}; {hint}")
    return candidate


def _require_one(found: Detected) -> None:
    if not found.candidates:
        raise AttachError(_nothing(found))
    best = [c for c in found.candidates if c.score == found.candidates[0].score]
    if len(best) > 1:
        names = ", ".join(c.target for c in best)
        raise AttachError(
            f"{found.root}: {names} could each be the strategy; choose one with --target, or use --yes"
        )


def _nothing(found: Detected) -> str:
    if found.others:
        return (
            f"{found.root}: {found.others[0]} cannot be run yet; wrap it in a function signals(bars, params)"
        )
    broken = "".join(f" ({file} does not parse: {why})" for file, why in list(found.unreadable.items())[:1])
    return f"{found.root}: no strategy found{broken}; write signals(bars, params), or name it: --target module:function"


def _notes(found: Detected) -> list[str]:
    first = found.candidates[0]
    notes = [f"{file} does not parse: {why}" for file, why in found.unreadable.items()]
    notes += [f"{first.target}: {first.doubt}; set [strategy] params"] if first.doubt else []
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


def _quote(text: str) -> str:
    """A TOML basic string: JSON's escapes are a part of TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(items: tuple[str, ...]) -> str:
    return "[" + ", ".join(map(_quote, items)) + "]"
