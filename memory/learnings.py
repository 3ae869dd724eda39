"""Learnings as rows: what was learned, in words, with its scope and dates as columns and the rest as a document.

A learning that says the same about the same scope is the same learning, whoever adds it: its provenance grows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from memory.documents import Json, canonical, utc_now
from memory.errors import MemoryStoreError
from memory.knowledge_lesson import Lesson, lesson_from
from memory.store import Store

Rows = list[Json]
_COLUMNS = (
    "id",
    "text",
    "kind",
    "cycle",
    "created",
    "outcome",
    "valid_from",
    "valid_to",
    "superseded_by",
    "forgotten",
)
_NEXT = "(SELECT coalesce(max(changed), 0) + 1 FROM learnings)"
_CHUNK = 500  # values in one statement


class Learnings:
    """Rows are ``{"id", "cycle", "kind", "text", "created", "symbols", "regimes", "outcome", …}`` with the document's own
    keys beside; times ISO, UTC."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(self, text: str, kind: str, cycle: str | None = None, body: Json = None) -> Json:
        """Keep a learning; ``body`` may hold the fields of a Lesson and any others."""
        given = {key: value for key, value in (body or {}).items() if key != "id"}
        lesson = lesson_from({**given, "text": text, "kind": kind, "cycle": cycle})
        with self.store.transaction():
            identity, _ = self.put(lesson)
            return self.required(identity)

    def put(self, lesson: Lesson) -> tuple[str, bool]:
        """Keep a lesson, in the open transaction or one of its own: its id, and whether it is new.

        Raises MemoryStoreError where its id already is another lesson's."""
        with self.store.transaction():
            known = self.same_as(lesson)
            if known is not None:
                self._merge(known, lesson)
                return known, False
            identity = lesson.id or lesson.identity
            if self.store.row("SELECT 1 FROM learnings WHERE id = ?", (identity,)):
                raise MemoryStoreError(f"id {identity!r} is another lesson already; give this one another id")
            self._insert(identity, lesson)
            return identity, True

    def same_as(self, lesson: Lesson) -> str | None:
        """The id of the learning that says the same about the same scope, None if there is none."""
        row = self.store.row("SELECT id FROM learnings WHERE identity = ?", (lesson.identity,))
        return None if row is None else str(row["id"])

    def get(self, learning: str) -> Json | None:
        """One learning by its id or by an id that it was imported under, None if it is not known."""
        found = self._select("id = ?", (learning,))
        if not found:
            alias = "id IN (SELECT learning FROM learning_tags WHERE axis = 'alias' AND value = ?)"
            found = self._select(alias, (learning,))
        return found[0] if found else None

    def required(self, learning: str) -> Json:
        """One learning by its id, or by a start of it that fits one alone. Raises MemoryStoreError."""
        exact = self.get(learning)
        if exact is not None:
            return exact
        found = self._select("substr(id, 1, ?) = ?", (len(learning), learning)) if learning else []
        if len(found) == 1:
            return found[0]
        problem = "fits several; write more of it" if found else "is not known; see: mendel memory list"
        raise MemoryStoreError(f"learning {learning!r} {problem}")

    def list(self, cycle: str | None = None, kind: str | None = None) -> Rows:
        """The oldest first, forgotten ones left out."""
        cycles = "id IN (SELECT learning FROM learning_tags WHERE axis = 'cycle' AND value = ?)"
        return self._select(
            f"(? IS NULL OR {cycles}) AND (? IS NULL OR kind = ?) AND forgotten IS NULL",
            (cycle, cycle, kind, kind),
        )

    def everything(self) -> Rows:
        """Every learning there ever was, the oldest first: forgotten, superseded and expired ones too."""
        return self._select("1", ())

    def by_ids(self, ids: Sequence[str]) -> dict[str, Json]:
        """Id -> row of those that are known."""
        found: dict[str, Json] = {}
        for start in range(0, len(ids), _CHUNK):
            part = ids[start : start + _CHUNK]
            rows = self._select(f"id IN ({','.join('?' * len(part))})", part)
            found |= {row["id"]: row for row in rows}
        return found

    def change(self, learning: str, *, body: Json = None, **columns: str | None) -> None:
        """Set columns of one learning, and keys of its document (None removes one); it counts as changed."""
        with self.store.transaction():
            row = self.store.row("SELECT body FROM learnings WHERE id = ?", (learning,))
            if row is None:
                raise MemoryStoreError(f"learning {learning!r} is not known; see: mendel memory list")
            document = {**json.loads(row["body"]), **(body or {})}
            document = {key: value for key, value in document.items() if value is not None}
            names = "".join(f", {name} = ?" for name in columns)
            self.store.write(
                f"UPDATE learnings SET body = ?{names}, changed = {_NEXT} WHERE id = ?",
                (canonical(document), *columns.values(), learning),
            )

    def adopt(self, learning: str, other: Json) -> None:
        """Take over the provenance of another row, which this one stands for from now on."""
        row = self.required(learning)
        old, new = row.get("provenance", {}), other.get("provenance", {})
        joined = {key: _union(old.get(key, []), new.get(key, [])) for key in sorted({*old, *new})}
        if joined != old:
            self.change(row["id"], body={"provenance": joined})
        tags = self.store.rows("SELECT axis, value FROM learning_tags WHERE learning = ?", (other["id"],))
        cycles = [(tag["axis"], tag["value"]) for tag in tags if tag["axis"] in ("cycle", "alias")]
        self._tag(row["id"], cycles)

    def name_old_ones(self) -> int:
        """Give identities to rows from before they had one; how many. Of two that say the same the older gets it."""
        rows = self._select("identity IS NULL AND superseded_by IS NULL", ())
        named = 0
        with self.store.transaction():
            for row in rows:
                identity = lesson_from(row).identity
                taken = self.store.row("SELECT id FROM learnings WHERE identity = ?", (identity,))
                self.change(
                    row["id"], **({"superseded_by": taken["id"]} if taken else {"identity": identity})
                )
                named += 1
        return named

    def _insert(self, identity: str, lesson: Lesson) -> None:
        self.store.write(
            f"""INSERT INTO learnings (id, cycle, kind, text, created, body, identity, outcome, valid_from, valid_to,
                superseded_by, forgotten, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {_NEXT})""",
            (
                identity,
                lesson.cycle,
                lesson.kind,
                lesson.text,
                lesson.created or utc_now(),
                canonical(lesson.body()),
                lesson.identity,
                lesson.outcome,
                lesson.valid_from,
                lesson.valid_to,
                lesson.superseded_by,
                lesson.forgotten,
            ),
        )
        self._tag(identity, lesson.tags())

    def _merge(self, learning: str, lesson: Lesson) -> None:
        """What was seen again: provenance grows, gaps are filled, the earliest outcome stays."""
        row = self.required(learning)
        new, old = lesson.body(), row.get("provenance", {})
        joined = {
            k: _union(old.get(k, []), new.get("provenance", {}).get(k, []))
            for k in {*old, *new.get("provenance", {})}
        }
        filled = {key: value for key, value in new.items() if key not in row} | (
            {"provenance": joined} if joined else {}
        )
        outcome = min(filter(None, (row["outcome"], lesson.outcome)), default=None)
        if any(row.get(key) != value for key, value in filled.items()) or outcome != row["outcome"]:
            self.change(learning, body=filled, outcome=outcome)
        alias = [("alias", lesson.id)] if lesson.id and lesson.id != learning else []
        self._tag(learning, [*lesson.tags(), *alias])

    def _tag(self, learning: str, tags: Sequence[tuple[str, str]]) -> None:
        for axis, value in tags:
            self.store.write("INSERT OR IGNORE INTO learning_tags VALUES (?, ?, ?)", (learning, axis, value))

    def _select(self, where: str, values: Sequence[str | int | None]) -> Rows:
        scopes = ", ".join(
            f"(SELECT json_group_array(value) FROM learning_tags WHERE learning = id AND axis = '{axis}') AS {axis}s"
            for axis in ("symbol", "regime")
        )
        rows = self.store.rows(
            f"SELECT *, {scopes} FROM learnings WHERE {where} ORDER BY created, rowid", values
        )
        return [_document(row) for row in rows]


def _document(row: sqlite3.Row) -> Json:
    columns = {name: row[name] for name in _COLUMNS}
    scope = {name: json.loads(row[name]) for name in ("symbols", "regimes")}
    return {**columns, **scope, **{k: v for k, v in json.loads(row["body"]).items() if k not in columns}}


def _union(old: Sequence[Json], new: Sequence[Json]) -> Rows:
    return [*old, *(value for value in new if value not in old)]
