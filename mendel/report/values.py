"""Reading a cycle's JSON without trusting it: what is absent or of another type is unknown, never a made-up value."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_UNCOMMON = re.compile(r"[^\n\t -~]")


def clean(value: Any) -> Any:
    """The same JSON value with every text printable: terminal colours dropped, invisible characters named."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {clean_text(str(key)): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return value


def clean_text(value: str) -> str:
    """Text that shows what it holds: control characters, those that reorder or hide text and lone surrogates are named,
    so that a diff cannot look other than it is. Tabs and line feeds stay, carriage returns before them go."""
    return _UNCOMMON.sub(_named, _ANSI.sub("", value).replace("\r\n", "\n"))


def _named(match: re.Match[str]) -> str:
    character = match[0]
    shown = character.isprintable() or unicodedata.category(character) == "Zs"
    return character if shown else f"⟨U+{ord(character):04X}⟩"


def table(value: Any) -> dict[str, Any]:
    """A JSON object, empty where there is none."""
    return dict(value) if isinstance(value, Mapping) else {}


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects of a JSON list."""
    return [dict(item) for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """The items of a JSON list as text."""
    return [text(item) for item in value] if isinstance(value, list) else []


def text(value: Any, unknown: str = "unknown") -> str:
    """One value as text."""
    return unknown if value is None else str(value)


def number(value: Any) -> float | None:
    """A finite number; None for anything else, truth values included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None
