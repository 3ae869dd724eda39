"""Whether a file that is no program holds a series in time: candles, trades, a log. Such a file is data, whatever it is called.

The vault is cut from the bars that Mendel hands out, so a copy of the same candles in a bundle would be a way round it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

#: What programs and pages are written in is source, with whatever numbers in it.
_PROGRAMS = (
    ".py",
    ".pyi",
    ".pyx",
    ".sh",
    ".js",
    ".ts",
    ".c",
    ".cpp",
    ".h",
    ".rs",
    ".so",
    ".whl",
    ".egg",
    ".jar",
)
_PAGES = (".md", ".rst", ".html", ".htm", ".xhtml", ".css", ".svg", ".png", ".jpg")
_WRITTEN = frozenset((*_PROGRAMS, *_PAGES, ".toml", ".cfg", ".ini", ".lock"))
#: How tables, databases and packed files begin.
_BEGINNINGS = (
    *(
        b"PAR1",
        b"ARROW1",
        b"FEA1",
        b"SQLite format 3",
        b"\x89HDF",
        b"\x93NUMPY",
        b"Obj\x01",
        b"ORC",
        b"\x80\x03",
        b"\x80\x04",
        b"\x80\x05",
    ),
    *(
        b"PK\x03\x04",
        b"\x1f\x8b",
        b"BZh",
        b"\xfd7zXZ",
        b"\x28\xb5\x2f\xfd",
        b"7z\xbc\xaf",
        b"Rar!",
        b"\x04\x22\x4d\x18",
    ),
)
_FEWEST_TIMES = 30
_DAY = (
    rb"(?:(?:19|20)\d\d[-/.]?(?:0[1-9]|1[0-2])[-/.]?(?:0[1-9]|[12]\d|3[01])|\d\d?[./]\d\d?[./](?:19|20)\d\d)"
)
_CLOCK = rb"(?:[T _]?\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?"
#: Seconds, or a finer unit, since 1970: from 2001 to 2033.
_EPOCH = rb"1\d{9}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?|1\.\d{6,}[eE]\+?(?:09|9|12|15|18)"
_TIME = re.compile(rb"(?<![\w.])(?:" + _DAY + _CLOCK + rb"|" + _EPOCH + rb")(?![\w])")
_NUMBER = re.compile(rb"(?<![\w.])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")


def holds_series(path: Path) -> bool:
    """Whether ``path`` is a table, database or archive by its first bytes, or a text with at least 30 times of day or
    date and as many other numbers. Programs, pages and their settings never are. A file that cannot be read is none."""
    if path.suffix.lower() in _WRITTEN:
        return False
    try:
        about = path.stat()
    except OSError:
        return False
    return _looked_at(str(path), about.st_ino, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=4096)
def _looked_at(path: str, inode: int, size: int, changed_ns: int) -> bool:
    try:
        raw = Path(path).read_bytes()
    except OSError:
        return False
    if raw.startswith(_BEGINNINGS):
        return True
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raw = raw.decode("utf-16", errors="replace").encode()
    times = sum(1 for _ in _TIME.finditer(raw))
    if times < _FEWEST_TIMES:
        return False
    return sum(1 for _ in _NUMBER.finditer(_TIME.sub(b"", raw))) >= times
