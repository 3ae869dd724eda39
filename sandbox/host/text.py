"""Text that came from a candidate: made harmless before anyone reads it."""

from __future__ import annotations

import unicodedata

_KEPT = frozenset("\n\t")


def clean(text: str, limit: int) -> str:
    """``text`` without control, format or surrogate characters (terminal escapes, right-to-left tricks),
    at most ``limit`` characters. New lines and tabs stay."""
    kept = (char for char in text[: 4 * limit] if char in _KEPT or unicodedata.category(char)[0] != "C")
    return "".join(kept)[:limit]


def one_line(text: str, limit: int = 500) -> str:
    """The same on a single line."""
    return " ".join(clean(text, 2 * limit).split())[:limit]
