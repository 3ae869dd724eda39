"""Goals: what the person asked for, and whether it still holds."""

from __future__ import annotations

import hashlib
import json
import sqlite3

from memory.documents import Json, canonical, utc_now
from memory.errors import MemoryStoreError
from memory.store import Store

#: Where a goal is in its life. Only an active one steers.
STATUSES = ("active", "paused", "done", "dropped")
Rows = list[Json]


class Goals:
    """Rows are ``{"id", "target", "status", "created", "updated", …}`` with the document's own keys beside; times ISO UTC."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(self, target: str, body: Json = None) -> Json:
        """Keep a goal, active. The same target that is still open is the same goal: it is made active again, with the new
        document; ``created`` is then the time at which it was set again where the document differs."""
        with self.store.transaction():
            for known in self.list():
                if known["target"].casefold() == target.casefold() and known["status"] in (
                    "active",
                    "paused",
                ):
                    return self._again(known["id"], body or {})
            now = utc_now()
            identity = hashlib.sha256(canonical([target, now]).encode()).hexdigest()[:8]
            values = (identity, target, "active", now, now, canonical(body or {}))
            self.store.write("INSERT INTO goals VALUES (?, ?, ?, ?, ?, ?)", values)
            return self.get(identity)

    def _again(self, identity: str, body: Json) -> Json:
        row = self.store.row("SELECT body FROM goals WHERE id = ?", (identity,))
        if row is not None and row["body"] != canonical(body):
            values = (canonical(body), utc_now(), identity)
            self.store.write("UPDATE goals SET body = ?, created = ? WHERE id = ?", values)
        return self.set_status(identity, "active")

    def get(self, goal: str) -> Json:
        """The goal with this id, or a unique start of it. Raises MemoryStoreError."""
        rows = self._select("substr(id, 1, ?) = ?", (len(goal), goal)) if goal else []
        if len(rows) != 1:
            problem = "fits several; write more of it" if rows else "is not known; see: mendel goal list"
            raise MemoryStoreError(f"goal {goal!r} {problem}")
        return rows[0]

    def list(self, status: str | None = None) -> Rows:
        """The oldest first."""
        return self._select("? IS NULL OR status = ?", (status, status))

    def set_status(self, goal: str, status: str) -> Json:
        """Change where a goal is in its life; the goal afterwards. Raises MemoryStoreError."""
        if status not in STATUSES:
            raise MemoryStoreError(f"{status!r} is no status of a goal; one of {', '.join(STATUSES)}")
        with self.store.transaction():
            identity = self.get(goal)["id"]
            values = (status, utc_now(), identity)
            self.store.write("UPDATE goals SET status = ?, updated = ? WHERE id = ?", values)
            return self.get(identity)

    def _select(self, where: str, values: tuple[object, ...]) -> Rows:
        rows = self.store.rows(f"SELECT * FROM goals WHERE {where} ORDER BY created, rowid", values)
        return [_document(row) for row in rows]


def _document(row: sqlite3.Row) -> Json:
    names = ("id", "target", "status", "created", "updated")
    return {**json.loads(row["body"]), **{name: row[name] for name in names}}
