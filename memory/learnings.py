"""Learnings: what a cycle taught, in words and as a document."""

from __future__ import annotations

import hashlib
import json

from memory.documents import Json, canonical, utc_now
from memory.store import Store

Rows = list[Json]


class Learnings:
    """Rows are ``{"id", "cycle", "kind", "text", "created", …}`` with the document's own keys beside."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(self, text: str, kind: str, cycle: str | None = None, body: Json = None) -> Json:
        """Keep a learning. The same text of the same kind in one cycle is one learning."""
        identity = hashlib.sha256(canonical([cycle, kind, text]).encode()).hexdigest()[:12]
        values = (identity, cycle, kind, text, utc_now(), canonical(body or {}))
        self.store.write("INSERT OR IGNORE INTO learnings VALUES (?, ?, ?, ?, ?, ?)", values)
        return self.get(identity)

    def get(self, learning: str) -> Json | None:
        """One learning, None if it is not known."""
        found = self._select("id = ?", (learning,))
        return found[0] if found else None

    def list(self, cycle: str | None = None, kind: str | None = None) -> Rows:
        """The oldest first."""
        return self._select(
            "(? IS NULL OR cycle = ?) AND (? IS NULL OR kind = ?)", (cycle, cycle, kind, kind)
        )

    def _select(self, where: str, values: tuple[str | None, ...]) -> Rows:
        rows = self.store.rows(f"SELECT * FROM learnings WHERE {where} ORDER BY created, rowid", values)
        names = ("id", "cycle", "kind", "text", "created")
        return [{**json.loads(row["body"]), **{name: row[name] for name in names}} for row in rows]
