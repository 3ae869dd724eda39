"""What a model wrote is checked against the tools' results before it is shown: what does not match is struck out.

A claim is a number, a date, a time, a file, a symbol, an id, or the state of a patch. A number holds when a fact reads like it as
it is written (rounded, a fraction in percent or basis points), is about the symbol, id or file that the number stands with, and
measures what the word beside it says, with its sign. Where the sentence names nothing, a fact that is about nothing else does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from agents.claims_facts import Known as Known
from agents.claims_words import Said, read

_ORDINAL = re.compile(r"(?m)^\s*\d{1,2}[.)]\s")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_CAUSE = re.compile(r"\b(because|causes?|caused|due to|leads? to|thanks to)\b", re.I)
_NO_STATE = re.compile(r"(?:\b(?:not|never|be|if|when|until|is any|were any)|n't)(?: yet| been)?\s*$", re.I)


@dataclass(frozen=True)
class Checked:
    """``text`` with what did not match in ``~~``; how many claims there were and which were struck; what it was last about."""

    text: str
    checked: int
    struck: tuple[str, ...]
    about: frozenset[tuple[str, str]] = frozenset()


def check(text: str, facts: Any, about: frozenset[tuple[str, str]] = frozenset()) -> Checked:
    """Strike out what the facts do not hold. List numbers at the start of a line are no claims. ``about`` is the ``about`` of
    the sentence before: what "it" then means."""
    known = facts if isinstance(facts, Known) else Known(facts)
    free = [m.span() for m in _ORDINAL.finditer(text)]
    claims = read(text, known.stems, known.coins, about)
    out, at, count, struck = [], 0, 0, []
    for said in claims:
        found = said.found
        held = None if any(a <= found.start() < b for a, b in free) else _holds(known, said, text)
        count += held is not None
        if held is False:
            struck.append(found.group().strip())
            out += [text[at : found.start()], f"~~{found.group()}~~"]
            at = found.end()
    last = next((s.about for s in reversed(claims) if s.about), about)
    named = {("symbol", s.found["symbol"]) for s in claims if s.found["symbol"]}
    return Checked("".join([*out, text[at:]]), count, tuple(struck), last or _single(named))


def _single(named: set[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """What a sentence without a figure was about, where that is one thing."""
    from agents.claims_words import coin

    return frozenset((kind, coin(name)) for kind, name in named) if len(named) == 1 else frozenset()


def _holds(known: Known, said: Said, text: str) -> bool | None:
    """Whether the facts hold a claim; None where it is none after all."""
    found = said.found
    if found["date"] or found["clock"]:
        return known.moment(found.group(), said)
    if found["day"]:
        return known.day(found.group())
    if found["file"]:
        return known.file(found.group())
    if found["symbol"]:
        return known.symbol(found.group())
    if found["id"]:
        return known.text(found.group())
    if found["state"]:
        doubted = _NO_STATE.search(text[: found.start()]) or any(k != "id" for k, _ in said.about)
        return None if doubted else known.state(said)
    if found["unit"] and known.text(found.group()):  # 15m, 8x: as the facts write it
        return True
    return known.number(said)


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
