"""What lies around a strategy: market data, tests, dashboards and its own interpreter."""

from __future__ import annotations

import csv
import gzip
import os
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tools.contracts import PRICE_COLUMNS
from tools.system.source import SKIPPED_FOLDERS

_DATA_SUFFIXES = (".parquet", ".feather", ".csv", ".csv.gz")
_TIMEFRAME = re.compile(r"[-_.](\d+[mhdw])(?=[-_.])")
_MOST_ENTRIES = 20_000


def find_data(root: Path) -> list[str]:
    """Globs of the candle files below ``root``, the one with the most files first. A file counts when its
    header names the four prices; nothing else of it is read."""
    found: Counter[str] = Counter()
    for rel in files_of(root):
        suffix = next((s for s in _DATA_SUFFIXES if rel.lower().endswith(s)), None)
        if suffix and set(PRICE_COLUMNS) <= {name.strip().lower() for name in _header(root / rel, suffix)}:
            folder = PurePosixPath(rel).parent.as_posix()
            found[f"*{suffix}" if folder == "." else f"{folder}/*{suffix}"] += 1
    return [pattern for pattern, _ in sorted(found.items(), key=lambda item: (-item[1], item[0]))]


def timeframe_in(root: Path, pattern: str) -> str | None:
    """The length of a bar that the names of all files of ``pattern`` agree on."""
    names = [_TIMEFRAME.search(path.name) for path in root.glob(pattern)]
    said = {found[1] if found else None for found in names}
    return said.pop() if len(said) == 1 else None


def find_tests(root: Path) -> str | None:
    """The command of the system's tests, None if it has none."""
    has_tests = any(
        re.fullmatch(r"test_.*\.py|.*_test\.py", PurePosixPath(rel).name) for rel in files_of(root)
    )
    return "python -m pytest -q" if has_tests else None


def find_pages(root: Path) -> tuple[list[str], str | None]:
    """Globs of HTML pages, and the command that writes them where a script's name says so."""
    files = list(files_of(root))
    pages = {(PurePosixPath(rel).parent / "*.html").as_posix() for rel in files if rel.endswith(".html")}
    scripts = [rel for rel in files if "/" not in rel and "dashboard" in rel.lower() and rel.endswith(".py")]
    return sorted(pages), f"python {scripts[0]}" if len(scripts) == 1 and " " not in scripts[0] else None


def find_python(root: Path) -> str | None:
    """The interpreter of a virtual environment inside ``root``, relative."""
    places = (".venv/bin/python", "venv/bin/python", "env/bin/python")
    return next((place for place in places if (root / place).is_file()), None)


def files_of(root: Path) -> Iterator[str]:
    """Relative paths of a bounded number of files, skipping environments, caches and version control."""
    seen = 0
    for folder, folders, names in os.walk(root):
        kept = (name for name in folders if name not in SKIPPED_FOLDERS)
        folders[:] = sorted(name for name in kept if not Path(folder, name, "pyvenv.cfg").is_file())
        for name in sorted(names):
            seen += 1
            if seen > _MOST_ENTRIES:
                return
            yield (Path(folder) / name).relative_to(root).as_posix()


def _header(path: Path, suffix: str) -> list[str]:
    """Column names; none where the file cannot be read as what its name says."""
    import pyarrow
    import pyarrow.feather
    import pyarrow.parquet

    try:
        if suffix == ".parquet":
            return list(pyarrow.parquet.read_schema(path).names)
        if suffix == ".feather":
            with pyarrow.memory_map(str(path)) as source:
                return list(pyarrow.ipc.open_file(source).schema.names)
        raw = _beginning(path, zipped=suffix == ".csv.gz")
        return next(csv.reader([raw.decode("utf-8-sig", errors="replace").splitlines()[0]]), [])
    except (OSError, ValueError, EOFError, IndexError, zlib.error, csv.Error, pyarrow.ArrowException):
        return []


def _beginning(path: Path, *, zipped: bool) -> bytes:
    if zipped:
        with gzip.open(path) as file:
            return file.read(65536)
    with path.open("rb") as file:
        return file.read(65536)
