"""What a model wrote is checked against the tools' results before it is shown: what does not match is struck out.

A claim is a number, a date, a file, a symbol, or an id. It holds when the facts hold it: a number also when a fact rounds to
it as it is written, as a fraction in percent, or as the length of a list. That a number stands *somewhere* in the facts is all
that is checked, not that it belongs to the word beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD", "EUR", "BTC", "ETH")
#: Coins that are talked of without the currency they are quoted in.
_TICKERS = (
    "BTC|ETH|SOL|XRP|DOGE|BNB|ADA|LINK|AVAX|LTC|NEAR|TON|DOT|TRX|MATIC|POL|SHIB|PEPE|ATOM|UNI|APT|ARB|SUI"
)
#: The alternatives in order: what is a date or a file must not be read as its numbers.
_CLAIM = re.compile(
    rf"""(?P<date>\b\d{{4}}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[+-]\d\d:\d\d|Z)?)?)
      | (?P<file>(?<![\w/])[\w.\-/]*[\w\-]\.(?:py|toml|json|csv|parquet|feather|md|html|ya?ml|txt|sql|ipynb)\b(?::\d+)?)
      | (?P<symbol>\b[A-Z0-9]{{2,12}}(?:{"|".join(_QUOTES)})\b|\b(?:{_TICKERS})\b)
      | (?P<id>\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])(?!\d+e\d+\b)[0-9a-f]{{4,64}}\b)
      | (?P<number>(?<![\w.])[-+\u2212]?\d[\d,_]*(?:\.\d+)?(?:e[-+]?\d+)?(?:(?P<percent>\s?%)|(?P<unit>[a-zA-Z]{{1,3}}\b))?)""",
    re.X,
)
_ORDINAL = re.compile(r"(?m)^\s*\d{1,2}[.)]\s")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_CAUSE = re.compile(r"\b(because|causes?|caused|due to|leads? to|thanks to)\b", re.I)


@dataclass(frozen=True)
class Checked:
    """``text`` with what did not match in ``~~``; how many claims there were and which were struck."""

    text: str
    checked: int
    struck: tuple[str, ...]


class Known:
    """What the tools said: every number and every piece of text in some facts (JSON)."""

    def __init__(self, facts: Any) -> None:
        self.numbers: set[float] = set()
        self.texts: list[str] = []
        self._take(facts)
        self._all = "\n".join(self.texts)
        for found in _CLAIM.finditer(self._all):
            if found["number"]:
                self.numbers.add(_value(found["number"]))
        self._words = {w.casefold() for w in re.findall(r"[\w.\-/]+", self._all)}

    def _take(self, value: Any) -> None:
        if isinstance(value, bool) or value is None:
            return
        if isinstance(value, int | float):
            self.numbers.add(float(value))
        elif isinstance(value, str):
            self.texts.append(value)
        elif isinstance(value, Mapping):
            self.numbers.add(float(len(value)))
            for key, item in value.items():
                self._take(str(key))
                self._take(item)
        elif isinstance(value, Iterable):
            items = list(value)
            self.numbers.add(float(len(items)))
            for item in items:
                self._take(item)

    def number(self, text: str, *, percent: bool) -> bool:
        """Whether a fact reads like this number, as it is written. A sign that is written must fit, too; it may be told in
        words instead."""
        wanted, places = _value(text), _places(text)
        sign = {"+": 1.0, "-": -1.0, "\u2212": -1.0}.get(text[:1], 0.0)
        scales = (100.0, 1.0) if percent else (1.0,)
        for fact in (n for n in self.numbers if n * sign >= 0):
            for scale in scales:
                shown = abs(fact) * scale
                if abs(shown - abs(wanted)) <= 0.5 * 10.0**-places + 1e-9 * shown:
                    return True
        return False

    def text(self, text: str) -> bool:
        """Whether these letters stand in the facts as a whole word, or as the start of an id."""
        folded = text.casefold()
        return folded in self._words or any(w.startswith(folded) for w in self._words if len(folded) >= 4)

    def symbol(self, text: str) -> bool:
        """A market by its full name or by what stands before its currency."""
        folded = text.casefold()
        return folded in self._words or any(
            w.startswith(folded) and w.upper().removeprefix(text) in _QUOTES for w in self._words
        )

    def file(self, text: str) -> bool:
        """A file by its path or its last name, with its line where one is told."""
        name, _, line = text.partition(":")
        paths = [w for w in self._words if w == name.casefold() or w.endswith("/" + name.casefold())]
        return bool(paths) and (not line or float(line) in self.numbers)


def _value(text: str) -> float:
    digits = re.match(r"[-+\u2212]?[\d,_]+(?:\.\d+)?(?:e[-+]?\d+)?", text)
    cleaned = (digits.group() if digits else "0").replace(",", "").replace("_", "").replace("\u2212", "-")
    return float(cleaned)


def _places(text: str) -> int:
    """Digits behind the point, as written; 0 for ``1e6``."""
    found = re.search(r"\.(\d+)(?!\d*e)", text)
    return len(found.group(1)) if found else 0


def check(text: str, facts: Any) -> Checked:
    """Strike out what the facts do not hold. List numbers at the start of a line are no claims."""
    known = facts if isinstance(facts, Known) else Known(facts)
    free = [m.span() for m in _ORDINAL.finditer(text)]
    struck: list[str] = []
    checked = 0

    def judged(found: re.Match[str]) -> str:
        nonlocal checked
        if any(a <= found.start() < b for a, b in free):
            return found.group()
        checked += 1
        if _holds(known, found):
            return found.group()
        struck.append(found.group().strip())
        return f"~~{found.group()}~~"

    return Checked(_CLAIM.sub(judged, text), checked, tuple(struck))


def _holds(known: Known, found: re.Match[str]) -> bool:
    text = found.group()
    if found["date"]:
        return any(text in t for t in known.texts)
    if found["file"]:
        return known.file(text)
    if found["symbol"]:
        return known.symbol(text)
    if found["id"]:
        return known.text(text)
    if found["unit"]:  # 15m, 8x, 20bps: the letters may stand apart in the facts
        return known.text(text) or known.number(text[: -len(found["unit"])], percent=False)
    return known.number(text, percent=bool(found["percent"]))


def sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Whole sentences from pieces of text as they arrive, so that each can be checked before it is shown."""
    held = ""
    for piece in pieces:
        held += piece
        while (cut := _SENTENCE.search(held)) is not None and cut.end() < len(held):
            yield held[: cut.end()]
            held = held[cut.end() :]
    if held:
        yield held


def claims_cause(text: str) -> bool:
    """Whether a sentence says that one thing made another happen: tested contrasts are all that is known."""
    return _CAUSE.search(text) is not None
