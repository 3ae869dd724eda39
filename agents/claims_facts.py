"""What the tools said, taken apart: each number with its unit, what it is about and what it measures; texts; places in files."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agents.claims_words import (
    COUNTS,
    DOWN,
    FAMILIES,
    GENERIC_KEYS,
    QUOTES,
    UP,
    Said,
    coin,
    family_of_key,
    read,
)

Tags = frozenset[tuple[str, str]]
_HEX = re.compile(r"(?=[0-9a-f]*\d)[0-9a-f]{6,64}")
_MARKET = re.compile(rf"[A-Z0-9]{{1,12}}(?:{'|'.join(QUOTES)})")
_SHARE = re.compile(r"rate|share|return|fraction|ratio|drawdown|pct|percent", re.I)
_HUNK = re.compile(r"(?m)^\+\+\+ (?:b/)?(\S+)|^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ID_KEYS = ("id", "patch", "finding", "cycle", "goal")


@dataclass(frozen=True)
class Fact:
    """A number. ``unit`` is "" (a fraction or a count), "percent" or "bps"."""

    value: float
    families: frozenset[str]
    about: Tags
    unit: str = ""
    phase: str = ""
    #: A whole number that no key calls a share: it is not told in percent.
    whole: bool = False


class Known:
    """Everything in some facts (JSON) that a claim can be held against."""

    def __init__(self, facts: Any) -> None:
        self.facts: list[Fact] = []
        self.texts: list[tuple[str, Tags]] = []
        self.states: dict[str, set[str]] = {}
        self.lines: set[tuple[str, int]] = set()
        self.stems: set[str] = set()
        self._take(facts, (), frozenset(), "")
        self.coins = {name for f in self.facts for kind, name in f.about if kind == "symbol"}
        self._words: set[str] = set()
        for text, _ in self.texts:
            self._words.update(w.casefold() for w in re.findall(r"[\w.\-/]+", text))
        self.coins |= {coin(w.upper()) for w in self._words if _MARKET.fullmatch(w.upper())}
        for text, about in list(self.texts):
            self._read(text, about)

    # -- taking apart -------------------------------------------------------------------------------
    def _take(self, value: Any, path: tuple[str, ...], about: Tags, phase: str) -> None:
        if isinstance(value, bool) or value is None:
            return
        if isinstance(value, int | float):
            self._number(value, path, about, phase)
        elif isinstance(value, str):
            self.texts.append((value, about))
        elif isinstance(value, Mapping):
            self._mapping(value, path, about, phase)
        elif isinstance(value, Iterable):
            items = list(value)
            self._number(len(items), path, about, phase)
            self._kinds(items, path, about)
            for item in items:
                self._take(item, path, about, phase)

    def _mapping(self, value: Mapping[Any, Any], path: tuple[str, ...], about: Tags, phase: str) -> None:
        self._number(len(value), path, about, phase)
        here = about | _tags(value)
        self._place(value)
        named = value.get("name") or value.get("metric")
        road = (
            (*path, named)
            if isinstance(named, str) and GENERIC_KEYS.match(path[-1] if path else "value")
            else path
        )
        if isinstance(named, str) and "value" in value:
            road = (*path, named)
        for key, item in value.items():
            word = str(key)
            inside = here | _tag_of(word)
            when = word if word in ("before", "after") else {"old": "before", "new": "after"}.get(word, phase)
            self.texts.append((word, frozenset()))
            self._take(item, road if inside != here else (*road, word), inside, when)

    def _number(self, value: float, path: tuple[str, ...], about: Tags, phase: str) -> None:
        if not math.isfinite(value):
            return
        keys = [k for k in path[-3:] if not GENERIC_KEYS.match(k)]
        key = keys[-1] if keys else (path[-1] if path else "")
        full = "_".join(path[-2:])
        families = family_of_key(key) | (family_of_key(path[-1]) if path else frozenset())
        self.stems |= {f[1:] for f in families if f.startswith("=")}
        unit = "bps" if re.search(r"bps", full) else "percent" if re.search(r"pct|percent", full) else ""
        whole = isinstance(value, int) and not _SHARE.search(full)
        self.facts.append(Fact(float(value), families, about, unit, phase, whole))
        if key.endswith("_ns") and abs(value) > 1e17:
            self.texts.append((datetime.fromtimestamp(value / 1e9, UTC).isoformat(), about))

    def _kinds(self, items: list[Any], path: tuple[str, ...], about: Tags) -> None:
        """How many of a list have each status, verdict, kind …: a count that a person may be told."""
        rows = [i for i in items if isinstance(i, Mapping)]
        for key in ("status", "verdict", "kind", "severity", "category"):
            for word, count in Counter(str(r[key]) for r in rows if key in r).items():
                families = family_of_key(path[-1] if path else "") | family_of_key(word)
                self.facts.append(Fact(float(count), families, about, whole=True))

    def _place(self, value: Mapping[Any, Any]) -> None:
        file, line = value.get("file"), value.get("line")
        if isinstance(file, str) and isinstance(line, int):
            self.lines.add((file.casefold(), line))
        identity, state = value.get("id") or value.get("patch"), value.get("status") or value.get("verdict")
        if isinstance(identity, str) and isinstance(state, str):
            self.states.setdefault(identity, set()).add(state.replace("_", " "))

    def _read(self, text: str, about: Tags) -> None:
        file = ""
        for found in _HUNK.finditer(text):
            file = found[1] or file
            for start, length in ((found[2], found[3]), (found[4], found[5])):
                if file and start:
                    self.lines |= {
                        (file.casefold(), n) for n in range(int(start), int(start) + int(length or 1))
                    }
        for said in read(text, self.stems, self.coins):
            found = said.found
            if found["file"] and ":" in found["file"]:
                name, _, line = found["file"].partition(":")
                self.lines.add((name.casefold(), int(line)))
            if found["number"]:
                unit = "percent" if found["percent"] else "bps" if found["bps"] else ""
                families = frozenset({said.family} if said.family else ())
                tags = about | said.about
                self.facts.append(Fact(value_of(found), families, tags, unit, said.phase))

    # -- asking -------------------------------------------------------------------------------------
    def number(self, said: Said) -> bool:
        """Whether a fact reads like this number as it is written, is about the same, and measures the same."""
        fits = [f for f in self.facts if _related(f, said)]
        if said.family:
            own = [f for f in fits if said.family in f.families]
            fits = own or [
                f for f in fits if not said.family.startswith("=") and not f.families & FAMILIES.keys()
            ]
        return any(_reads(f, said) for f in fits)

    def text(self, text: str) -> bool:
        """Whether these letters stand in the facts as a whole word, or as the start of an id."""
        folded = text.casefold()
        return folded in self._words or any(w.startswith(folded) for w in self._words if len(folded) >= 4)

    def symbol(self, text: str) -> bool:
        """A market by its full name or by what stands before its currency."""
        return text.casefold() in self._words or (text in self.coins)

    def file(self, text: str) -> bool:
        """A file by its path or its last name; a line only where a tool told of that line in that file."""
        name, _, line = text.casefold().partition(":")
        paths = [w for w in self._words if w == name or w.endswith("/" + name)]
        return bool(paths) and (not line or any(n == int(line) and same_file(name, f) for f, n in self.lines))

    def moment(self, text: str, said: Said) -> bool:
        """A date or a time of day that a text of the same symbol or id holds."""
        wanted = text.replace("T", " ").removesuffix("Z")
        wanted = wanted.zfill(5) if re.fullmatch(r"\d:\d\d", wanted) else wanted
        hold = [tags for t, tags in self.texts if wanted in t.replace("T", " ")]
        return any(_agree(tags, said.about) for tags in hold)

    def day(self, text: str) -> bool:
        """A day told with the month's name: each part that is told must fit one date of the facts."""
        month = _MONTHS.index(next(m for m in _MONTHS if m in text.casefold())) + 1
        year = re.search(r"\b\d{4}\b", text)
        number = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b(?!\d)", text)
        for found in re.finditer(r"(\d{4})-(\d\d)-(\d\d)", "\n".join(t for t, _ in self.texts)):
            same = int(found[2]) == month and (not year or found[1] == year.group())
            if same and (not number or int(found[3]) == int(number[1])):
                return True
        return False

    def state(self, said: Said) -> bool | None:
        """Whether the one id that a state is told of has it; None where the facts do not tell."""
        ids = [name for kind, name in said.about if kind == "id"]
        held = [
            states for identity, states in self.states.items() if any(identity.startswith(i) for i in ids)
        ]
        return None if len(held) != 1 else said.found.group() in held[0]


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _tags(value: Mapping[Any, Any]) -> Tags:
    """What a mapping says that it is about."""
    tags: set[tuple[str, str]] = set()
    symbol, file = value.get("symbol"), value.get("file")
    if isinstance(symbol, str):
        tags.add(("symbol", coin(symbol)))
    if isinstance(file, str):
        tags.add(("file", file))
        tags |= {("line", str(line)) for line in [value.get("line")] if isinstance(line, int)}
    tags |= {("id", v) for k in _ID_KEYS if isinstance(v := value.get(k), str) and _HEX.fullmatch(v)}
    return frozenset(tags)


def _tag_of(key: str) -> Tags:
    """What a key names, where it names something."""
    if _MARKET.fullmatch(key):
        return frozenset({("symbol", coin(key))})
    return frozenset({("id", key)}) if _HEX.fullmatch(key) and not key.isdigit() else frozenset()


def same_file(one: str, other: str) -> bool:
    """Whether two paths are the same, or one ends as the other."""
    a, b = one.casefold(), other.casefold()
    return a == b or a.endswith("/" + b) or b.endswith("/" + a)


def _agree(tags: Tags, about: Tags) -> bool:
    """Of each kind (symbol, id, file) that both name, one name is the same."""
    for kind in {k for k, _ in about} & {k for k, _ in tags}:
        ours, theirs = ({n for k, n in one if k == kind} for one in (tags, about))
        if not any(_same(kind, a, b) for a in ours for b in theirs):
            return False
    return True


def _same(kind: str, fact: str, said: str) -> bool:
    return (
        same_file(fact, said) if kind == "file" else fact == said or (kind == "id" and fact.startswith(said))
    )


def _related(fact: Fact, said: Said) -> bool:
    return _agree(fact.about, said.about) and not (said.phase and fact.phase and said.phase != fact.phase)


def value_of(found: re.Match[str]) -> float:
    """The number that a claim writes, its k or M worked in."""
    digits = re.match(r"[-+\u2212]?[\d,_]+(?:\.\d+)?(?:e[-+]?\d+)?", found["number"])
    cleaned = (digits.group() if digits else "0").replace(",", "").replace("_", "").replace("\u2212", "-")
    return float(cleaned) * _scale(found)


def _scale(found: re.Match[str]) -> float:
    word = (found["scale"] or "").strip()
    return {"k": 1e3, "thousand": 1e3, "M": 1e6, "million": 1e6}.get(word, 1.0)


def _reads(fact: Fact, said: Said) -> bool:
    """Whether a fact, rounded as the number is written and in its unit, is that number, its sign included."""
    found = said.found
    wanted, places = value_of(found), _places(found["number"])
    shown = _in_unit(fact, found)
    if shown is None or not _sign_fits(shown, fact, said):
        return False
    size = abs(shown)
    if places == 0 and size < 1 and not found["scale"] and "e" not in found["number"]:
        return bool(size == abs(wanted))  # 0.4 is not told as 0
    room = 0.5 * 10.0**-places * _scale(found) + 1e-9 * size
    return abs(size - abs(wanted)) <= room


def _in_unit(fact: Fact, found: re.Match[str]) -> float | None:
    counted = fact.whole or bool(fact.families & COUNTS)
    if found["percent"]:
        return {"": None if counted else fact.value * 100, "percent": fact.value, "bps": fact.value / 100}[
            fact.unit
        ]
    if found["bps"]:
        return {"": None if counted else fact.value * 1e4, "percent": fact.value * 100, "bps": fact.value}[
            fact.unit
        ]
    return fact.value


def _sign_fits(shown: float, fact: Fact, said: Said) -> bool:
    """A sign that is written must fit; for money and Sharpe a sign in words must, and a loss may not be told without one."""
    mark = {"+": 1.0, "-": -1.0, "\u2212": -1.0}.get(said.found.group()[:1], 0.0)
    if mark:
        return shown * mark >= 0
    if not {"return", "sharpe", "effect"} & (fact.families | {said.family}):
        return True
    down, up = DOWN.search(said.part), UP.search(said.part)
    if shown < 0:
        return bool(down)
    return not down or bool(up) or shown == 0


def _places(text: str) -> int:
    """Digits behind the point, as written; 0 for ``1e6``."""
    found = re.search(r"\.(\d+)(?!\d*e)", text)
    return len(found.group(1)) if found else 0
