"""Which files of a folder are source: what is copied into a bundle, and what never is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tools.contracts import MendelError
from tools.system.globs import fixed_part, matches
from tools.system.series_file import holds_series

MAX_SOURCE_BYTES = 2 * 1024 * 1024

#: Folders that hold no source: version control, state, caches, installed packages.
SKIPPED_FOLDERS = frozenset(
    [
        ".git",
        ".hg",
        ".svn",
        ".mendel",
        "__pycache__",
        "node_modules",
        ".venv",
        "venv",
        ".tox",
        ".nox",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        ".ipynb_checkpoints",
        ".idea",
        ".vscode",
    ]
)
#: Market data and databases: never copied, the sandbox gets its bars another way.
DATA_SUFFIXES = frozenset(
    [
        ".parquet",
        ".pq",
        ".feather",
        ".arrow",
        ".csv",
        ".tsv",
        ".gz",
        ".zst",
        ".zip",
        ".bz2",
        ".xz",
        ".db",
        ".sqlite",
        ".sqlite3",
        ".duckdb",
        ".xlsx",
        ".h5",
        ".hdf5",
        ".npy",
        ".npz",
        ".pkl",
        ".pickle",
    ]
)
#: Files that carry secrets, compiled leftovers, and what an interrupted change leaves until it is recovered.
SKIPPED_NAMES = (".mendel-*", ".env", ".env.*", "*.pem", "*.key", ".netrc", ".pypirc", "*.pyc", "*.pyo")
#: A small data file below one of these is a fixture of the system's own tests: without it they cannot run. One that holds
#: a series in time is given to the tests alone: a strategy could find the vault's bars in it.
TEST_FOLDERS = frozenset(("tests", "test"))


class SourceError(MendelError):
    """The source folder holds something that cannot be carried."""


class SourceWalk:
    """A walk over the source of ``root``; ``data_path`` is the ``[data] path`` glob, whose matches are data.

    Symbolic links to files or folders inside the root are carried as what they point to; one that leads
    outside is refused by name, unless it leads to the data.
    """

    def __init__(self, root: Path, data_path: str | None = None) -> None:
        self.root = root.resolve()
        self.data_path = data_path

    def files(self) -> tuple[str, ...]:
        """Relative POSIX paths, sorted. Raises SourceError naming a link that leads outside."""
        found = self._walk(self.root, "", (self.root,))
        return tuple(sorted(rel for rel in found if not holds_series(self.root / rel)))

    def fixtures(self) -> tuple[str, ...]:
        """The files, likewise, that the system's own tests need and a bundle does not carry, since they hold series."""
        found = self._walk(self.root, "", (self.root,))
        return tuple(sorted(rel for rel in found if _in_tests(rel) and holds_series(self.root / rel)))

    def _walk(self, folder: Path, prefix: str, above: tuple[Path, ...]) -> Iterator[str]:
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            raise SourceError(
                f"{prefix or folder}: cannot be listed ({error.strerror}); make it readable"
            ) from error
        for entry in entries:
            rel = prefix + entry.name
            if self._skipped(entry, rel) or (entry.is_symlink() and not self._inside(entry, rel)):
                continue
            if entry.is_dir():
                real = Path(entry.path).resolve()
                if real not in above:
                    yield from self._walk(Path(entry.path), rel + "/", (*above, real))
            elif entry.is_file() and entry.stat().st_size <= MAX_SOURCE_BYTES:
                yield rel

    def _skipped(self, entry: os.DirEntry[str], rel: str) -> bool:
        if self._is_data(rel):
            return True
        if _leads_nowhere(entry):
            return True
        if entry.is_dir():
            return entry.name in SKIPPED_FOLDERS or Path(entry.path, "pyvenv.cfg").is_file()
        if matches(entry.name, SKIPPED_NAMES):
            return True
        return Path(rel).suffix.lower() in DATA_SUFFIXES and not _in_tests(rel)

    def _is_data(self, rel: str) -> bool:
        """Whether ``rel`` is matched by the data glob, or is the linked folder that it goes through."""
        if not self.data_path:
            return False
        pattern = os.path.normpath(self.data_path)
        if Path(pattern).is_absolute():
            pattern = os.path.relpath(pattern, self.root)
        through = fixed_part(pattern)
        is_folder_of_data = (through + "/").startswith(rel + "/") and (self.root / rel).is_symlink()
        return is_folder_of_data or matches(rel, (pattern,))

    def _inside(self, entry: os.DirEntry[str], rel: str) -> bool:
        """Whether a link stays inside the root; a dangling one is no file and is left out."""
        target = Path(entry.path).resolve()
        if not target.exists():
            return False
        if not target.is_relative_to(self.root):
            raise SourceError(
                f"{rel}: this symbolic link leads outside the system; replace it by a copy, or remove it"
            )
        return not SKIPPED_FOLDERS.intersection(target.relative_to(self.root).parts)


def _in_tests(rel: str) -> bool:
    return not TEST_FOLDERS.isdisjoint(rel.split("/")[:-1])


def _leads_nowhere(entry: os.DirEntry[str]) -> bool:
    """A symbolic link that points at itself, directly or through others."""
    try:
        entry.is_dir()
    except OSError:
        return True
    return False
