"""Globs over relative POSIX paths, as ``mendel.toml`` writes them.

``*`` and ``?`` stay inside one path part, ``**`` crosses parts, ``[abc]`` is a set. Python 3.11 has no
``PurePath.full_match``, and ``fnmatch`` lets ``*`` cross a slash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]/]+\]|.", re.DOTALL)


def _translate(token: str) -> str:
    if token == "**/":
        return "(?:.*/)?"
    if token == "**":
        return ".*"
    if token == "*":
        return "[^/]*"
    if token == "?":
        return "[^/]"
    if token.startswith("[") and len(token) > 1:
        return "[^" + token[2:] if token.startswith("[!") else token
    return re.escape(token)


@lru_cache(maxsize=512)
def compile_glob(pattern: str) -> re.Pattern[str]:
    """The regular expression that ``pattern`` stands for, to be used with ``fullmatch``."""
    return re.compile("".join(_translate(token) for token in _TOKEN.findall(pattern)), re.DOTALL)


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether ``path`` (relative, POSIX) matches any of ``patterns``."""
    return any(compile_glob(pattern).fullmatch(path) for pattern in patterns)


def fixed_part(pattern: str) -> str:
    """The folders of ``pattern`` in front of its first wildcard: ``data/x/*.csv`` -> ``data/x``."""
    parts = pattern.split("/")
    fixed: list[str] = []
    for part in parts[:-1]:
        if any(mark in part for mark in "*?["):
            break
        fixed.append(part)
    return "/".join(fixed)
