"""Settings that lie in data files beside the code: which files those are, the numbers in them, and who reads each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from tools.analysis.architecture.settings import Reads, setting_row
from tools.analysis.source import SourceTree

DIGITS = r"(?<![\w.])(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])"
_ENTRY = re.compile(
    rf"""^\s*["']?(?P<name>[A-Za-z_][\w-]*)["']?\s*[:=]\s*(?P<number>-?{DIGITS})\s*,?\s*(?:\#.*)?$"""
)
_JSON_ENTRY = re.compile(rf""""(?P<name>[A-Za-z_][\w-]*)"\s*:\s*(?P<number>-?{DIGITS})""")
SUFFIXES = (".json", ".toml", ".yaml", ".yml", ".ini", ".cfg")
MOST_BYTES = 200_000


def data_texts(files: Mapping[str, str], tree: SourceTree) -> dict[str, str]:
    """Of small texts by path, the data files that the product's source names, mendel.toml apart."""
    sources = "\n".join(file.text for file in tree.product())
    named = {path: PurePosixPath(path) for path in sorted(files)}
    return {
        path: files[path]
        for path, pure in named.items()
        if pure.suffix in SUFFIXES and pure.name in sources and pure.name != "mendel.toml"
    }


def numbers_in(path: str, text: str) -> Iterator[tuple[int, int, int, str]]:
    """(line, start, end, name) of every number that stands under a name; offsets in characters."""
    pattern, at = _JSON_ENTRY if path.endswith(".json") else _ENTRY, 0
    for line, row in enumerate(text.splitlines(keepends=True), 1):
        for match in pattern.finditer(row.rstrip("\r\n")):
            yield line, at + match.start("number"), at + match.end("number"), match["name"]
        at += len(row)


def describe_data_settings(texts: Mapping[str, str], reads: Reads) -> list[dict[str, Any]]:
    """A row a number, of the same shape as those of settings classes. A reader names it: as an attribute or as a key."""
    return [
        setting_row(path, PurePosixPath(path).name, name, line, text[start:end], reads)
        for path, text in texts.items()
        for line, start, end, name in numbers_in(path, text)
    ]
