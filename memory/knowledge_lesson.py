"""What a lesson is: its fields, how its scope is spelled, when two lessons are one, and how a document is checked."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from memory.documents import Json, canonical
from memory.errors import MemoryStoreError

MAX_TEXT = 20_000
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD", "PERP")
#: Keys of a document that are fields of a Lesson; every other key is kept in ``more``.
_FIELDS = [
    "id",
    "text",
    "kind",
    "symbols",
    "regimes",
    "holds",
    "claim",
    "effect",
    "unit",
    "n",
    "outcome",
    "valid_from",
    "valid_to",
    "provenance",
    "contradicts",
    "superseded_by",
    "forgotten",
    "created",
    "cycle",
    "score",
]


@dataclass(frozen=True)
class Lesson:
    """Something worth keeping.

    ``holds``: True = it worked, False = it did not (a negative result), None = not judged. ``claim`` is a key that lessons
    about the same claim share. ``effect`` is in ``unit`` over ``n`` observations. Times are ISO text, UTC; ``outcome`` is
    when the result became known, which decides who may learn from it. No symbols or no regimes = it is about all of them.
    ``provenance`` maps ``cycles``, ``ledger``, ``patches``, ``source`` to lists."""

    text: str
    kind: str = "lesson"
    symbols: tuple[str, ...] = ()
    regimes: tuple[str, ...] = ()
    holds: bool | None = None
    claim: str | None = None
    effect: float | None = None
    unit: str | None = None
    n: int | None = None
    outcome: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    contradicts: tuple[str, ...] = ()
    superseded_by: str | None = None
    forgotten: str | None = None
    created: str | None = None
    cycle: str | None = None
    id: str | None = None
    provenance: Mapping[str, list[Json]] = field(default_factory=dict)
    more: Mapping[str, Json] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """Equal for lessons that say the same (but for case, spaces and a closing dot) about the same scope."""
        said = " ".join(self.text.casefold().split()).rstrip(".")
        return digest([said, sorted(self.symbols), sorted(self.regimes)])

    def body(self) -> Json:
        """The fields that have no column, those that say nothing left out."""
        fields = {
            "holds": self.holds,
            "claim": self.claim,
            "effect": self.effect,
            "unit": self.unit,
            "n": self.n,
            "contradicts": list(self.contradicts),
            "provenance": dict(self.provenance),
        }
        return {**self.more, **{name: value for name, value in fields.items() if value not in (None, [], {})}}

    def tags(self) -> list[tuple[str, str]]:
        """(axis, value) of what it can be found by."""
        cycles = [*self.provenance.get("cycles", []), *([self.cycle] if self.cycle else [])]
        return [
            *(("symbol", s) for s in self.symbols),
            *{("asset", asset(s)) for s in self.symbols},
            *(("regime", r) for r in self.regimes),
            *(("cycle", str(c)) for c in cycles),
        ]


def digest(value: Json) -> str:
    """Twelve hex digits of the sha256 of a JSON value."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:12]


def asset(symbol: str) -> str:
    """What a market trades: TONUSDT, TON/USDT:USDT and ton are all TON."""
    name = re.sub(r"[^A-Z0-9].*", "", symbol.upper()) or symbol.upper()
    for quote in _QUOTES:
        if name.endswith(quote) and len(name) > len(quote):
            return name.removesuffix(quote)
    return name


def moment(value: str, name: str = "date", *, start: bool = False) -> str:
    """ISO text in UTC, to the microsecond. A bare date is the last moment of that day, since what happened on it is known by
    then; with ``start`` its first. Raises MemoryStoreError."""
    try:
        parsed = datetime.fromisoformat(value)
        if len(value) == len("2025-01-31") and not start:
            parsed = datetime.combine(parsed, time.max)
        return _text(parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC))
    except (ValueError, OverflowError, TypeError) as error:
        raise MemoryStoreError(
            f"{name} {value!r:.60} is no date; write it as 2025-01-31 or 2025-01-31T12:00:00Z"
        ) from error


def lesson_from(document: Json) -> Lesson:
    """The lesson in a JSON object. ``symbol`` and ``regime`` are accepted for a list of one. Raises MemoryStoreError."""
    if not isinstance(document, dict):
        raise MemoryStoreError(f'{document!r:.40} is no JSON object; write {{"id": …, "text": …}}')
    given = dict(document)
    for one, many in (("symbol", "symbols"), ("regime", "regimes")):
        if one in given and many not in given:
            given[many] = given.pop(one)
    values: dict[str, Any] = {
        "text": checked_text(given.get("text")),
        "kind": checked_kind(given.get("kind", "lesson")),
        "symbols": tuple(sorted({s.upper() for s in _names(given, "symbols")})),
        "regimes": tuple(sorted({r.casefold() for r in _names(given, "regimes")})),
        "contradicts": tuple(_names(given, "contradicts")),
        "holds": _typed(given, "holds", bool),
        "effect": _number(given),
        "n": _typed(given, "n", int),
        "provenance": _provenance(given.get("provenance")),
        "more": {key: value for key, value in given.items() if key not in _FIELDS},
    }
    for name in ("claim", "unit", "superseded_by", "cycle", "id"):
        values[name] = _typed(given, name, str)
    for name in ("outcome", "valid_from", "valid_to", "forgotten", "created"):
        text = _typed(given, name, str)
        values[name] = None if text is None else moment(text, name, start=name == "valid_from")
    return Lesson(**values)


def checked_text(text: Json) -> str:
    """The words of a lesson, trimmed. Raises MemoryStoreError where there are none, or too many."""
    if not isinstance(text, str) or not text.strip():
        raise MemoryStoreError("a lesson needs words; write what was learned as its text")
    if len(text) > MAX_TEXT:
        raise MemoryStoreError(f"a text of {len(text):,} characters; keep it under {MAX_TEXT:,}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise MemoryStoreError("the text holds half a character; save it as UTF-8") from error
    return text.strip()


def checked_kind(kind: Json) -> str:
    """A kind's name. Raises MemoryStoreError."""
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise MemoryStoreError(
            f"kind {kind!r:.40} is no name; use lower-case letters, such as lesson or principle"
        )
    return kind


def _names(document: Mapping[str, Json], key: str) -> list[str]:
    value = document.get(key) or []
    names: Iterable[Json] = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(n, str) and n.strip() for n in names):
        raise MemoryStoreError(f'{key} {value!r:.40} is no list of names; write it as ["A", "B"]')
    return [n.strip() for n in names]


def _typed(document: Mapping[str, Json], key: str, kind: type) -> Any:
    value = document.get(key)
    if value is None or (isinstance(value, kind) and (kind is bool or not isinstance(value, bool))):
        return value
    raise MemoryStoreError(f"{key} {value!r:.40} is no {kind.__name__}; leave it out or write one")


def _number(document: Mapping[str, Json]) -> float | None:
    value = document.get("effect")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise MemoryStoreError(f"effect {value!r:.40} is no number; leave it out or write one")
    return float(value)


def _provenance(value: Json) -> dict[str, list[Json]]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(v, list) for v in value.values()):
        raise MemoryStoreError(f'provenance {value!r:.40} is no table of lists; write {{"ledger": [1, 2]}}')
    return dict(value)


def _text(when: datetime) -> str:
    return when.isoformat(timespec="microseconds")
