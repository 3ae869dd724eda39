"""The data files that a provider is given: those below the system's folder that a bundle never carries."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.contracts import MendelError
from tools.system.globs import matches
from tools.system.series_file import holds_series
from tools.system.source import DATA_SUFFIXES, MAX_SOURCE_BYTES, SKIPPED_FOLDERS, SKIPPED_NAMES
from tools.system.system import System

#: The most that all of them may hold: they are copied into the provider's own memory.
MOST_BYTES = 128 << 20
_MORE_SUFFIXES = frozenset((".json", ".jsonl", ".tsv", ".txt", ".xlsx", ".pq", ".dat", ".bin"))


@dataclass(frozen=True)
class DataFile:
    """``rel`` is the POSIX path below the system's root; ``stamp`` changes when the file does."""

    rel: str
    path: Path
    size: int
    stamp: int


def provider_files(system: System) -> list[DataFile]:
    """Every data file below the root, by path: no secrets, caches, environments or source. Raises MendelError where they
    are too many to be copied."""
    known = set(system.source_files())
    found = sorted((f for f in _walk(system.root) if f.rel not in known), key=lambda file: file.rel)
    size = sum(file.size for file in found)
    if size > MOST_BYTES:
        raise MendelError(
            f"mendel.toml: [data] provider: the data files below the system hold {size >> 20} MB, and a provider is given "
            f"at most {MOST_BYTES >> 20} MB; keep what it does not read elsewhere, or name files by [data] path"
        )
    return found


def _walk(root: Path) -> Iterator[DataFile]:
    """Linked folders are followed: data often lies elsewhere."""
    seen: set[str] = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        folders[:] = (
            [] if real in seen else [name for name in sorted(folders) if _entered(Path(folder, name))]
        )
        if real in seen:
            continue
        seen.add(real)
        for name in names:
            path = Path(folder, name)
            if path.is_file() and _is_data(path):
                what = path.stat()
                yield DataFile(path.relative_to(root).as_posix(), path, what.st_size, what.st_mtime_ns)


def _entered(folder: Path) -> bool:
    return folder.name not in SKIPPED_FOLDERS and not (folder / "pyvenv.cfg").is_file()


def _is_data(path: Path) -> bool:
    if matches(path.name, SKIPPED_NAMES):
        return False
    return path.suffix.lower() in DATA_SUFFIXES | _MORE_SUFFIXES or (
        path.stat().st_size <= MAX_SOURCE_BYTES and holds_series(path)
    )
