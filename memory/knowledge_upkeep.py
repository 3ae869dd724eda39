"""Keeping the lessons in order: what says the same becomes one, what is outdated or contradicted is marked. Nothing is
deleted, and a second pass over the same lessons changes nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from memory.documents import Json, utc_now
from memory.embeddings import EmbeddingError
from memory.knowledge import Knowledge
from memory.knowledge_lesson import asset

SAME = 0.97  # cosine from which two wordings with equal numbers and scope count as one lesson

Pair = tuple[str, str]


@dataclass
class Upkeep:
    """Pairs are (what was marked, by which lesson). ``skipped`` says what could not be looked at."""

    named: int = 0
    merged: list[Pair] = field(default_factory=list)
    superseded: list[Pair] = field(default_factory=list)
    contradicted: list[Pair] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)
    skipped: str = ""


def maintain(knowledge: Knowledge) -> Upkeep:
    """One pass over every live lesson."""
    done = Upkeep(named=knowledge.learnings.name_old_ones())
    try:
        _merge(knowledge, done)
    except EmbeddingError as error:
        done.skipped = f"wordings were not compared: {error}"
    _weigh(knowledge, done)
    now = utc_now()
    live = knowledge.learnings.list()
    done.expired = [row["id"] for row in live if row["valid_to"] and row["valid_to"] <= now]
    return done


def agree(one: Json, other: Json) -> bool | None:
    """Whether two lessons about one claim point the same way; None where one of them does not say."""
    if one.get("holds") is not None and other.get("holds") is not None and one["holds"] != other["holds"]:
        return False
    effects = one.get("effect"), other.get("effect")
    if None not in effects and 0 not in effects and one.get("unit") == other.get("unit"):
        return bool((effects[0] > 0) == (effects[1] > 0))
    return True if one.get("holds") is not None and other.get("holds") is not None else None


def overlap(one: Json, other: Json) -> bool:
    """Whether there is a market and a regime that both are about."""
    assets = [{asset(s) for s in row["symbols"]} for row in (one, other)]
    regimes = [set(row["regimes"]) for row in (one, other)]
    return all(not a or not b or bool(a & b) for a, b in (assets, regimes))


def _merge(knowledge: Knowledge, done: Upkeep) -> None:
    """Different wordings of one lesson: the older stays, and gets the other's provenance."""
    knowledge.embed_missing()
    matrix = knowledge.vectors.matrix()
    place = {learning: at for at, learning in enumerate(matrix.ids)}
    for group in _grouped(_live(knowledge), _wording):
        merged: set[str] = set()
        for older, newer in combinations(group, 2):
            if older["id"] in merged or newer["id"] in merged:
                continue
            near = matrix.values[place[older["id"]]] @ matrix.values[place[newer["id"]]]
            if near >= SAME:
                merged.add(newer["id"])
                _replace(knowledge, newer, older, done.merged)


def _weigh(knowledge: Knowledge, done: Upkeep) -> None:
    """Lessons about one claim: a newer result on the same scope replaces one that it agrees with and outweighs; results
    that point different ways mark each other."""
    for group in _grouped((row for row in _live(knowledge) if row.get("claim")), lambda row: row["claim"]):
        rows = sorted(group, key=lambda row: (row["outcome"] or row["created"], row["id"]))
        gone: set[str] = set()
        for older, newer in combinations(rows, 2):
            if {older["id"], newer["id"]} & gone or not overlap(older, newer):
                continue
            same = agree(older, newer)
            if same is False and newer["id"] not in older.get("contradicts", []):
                knowledge.contradict(older["id"], newer["id"])
                done.contradicted.append((older["id"], newer["id"]))
            elif same and _scope(older) == _scope(newer) and (newer.get("n") or 0) >= (older.get("n") or 0):
                gone.add(older["id"])
                _replace(knowledge, older, newer, done.superseded)


def _replace(knowledge: Knowledge, old: Json, by: Json, note: list[Pair]) -> None:
    with knowledge.store.transaction():
        knowledge.learnings.adopt(by["id"], old)
        knowledge.learnings.change(old["id"], superseded_by=by["id"])
    note.append((old["id"], by["id"]))


def _live(knowledge: Knowledge) -> Iterator[Json]:
    return (row for row in knowledge.learnings.list() if not row["superseded_by"])


def _grouped(rows: Iterator[Json], key: Callable[[Json], object]) -> list[list[Json]]:
    groups: dict[object, list[Json]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return [group for group in groups.values() if len(group) > 1]


def _scope(row: Json) -> tuple[Sequence[str], Sequence[str]]:
    return tuple(row["symbols"]), tuple(row["regimes"])


def _wording(row: Json) -> object:
    """What must be equal before wordings are compared: kind, scope, verdict, claim, and every number and name in code."""
    told = re.findall(r"[-+]?\d+(?:\.\d+)?|`[^`]*`", row["text"])
    return row["kind"], _scope(row), row.get("holds"), row.get("claim"), tuple(told), row.get("effect")
