"""Patches, as the JSON documents that the tools make of them, and where each is in its life."""

from __future__ import annotations

import json
import sqlite3

from memory.documents import Json, canonical, utc_now
from memory.errors import MemoryStoreError
from memory.store import Store


class Patches:
    """Documents have at least ``id``, ``kind``, ``status`` and ``digest``."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def save(self, patch: Json, cycle: str | None = None) -> None:
        """Keep a patch; the same id again replaces the document and keeps its cycle and date."""
        now = utc_now()
        self.store.write(
            """INSERT INTO patches VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET
               kind = excluded.kind, status = excluded.status, digest = excluded.digest,
               updated = excluded.updated, body = excluded.body, cycle = coalesce(excluded.cycle, cycle)""",
            (patch["id"], cycle, patch["kind"], patch["status"], patch["digest"], now, now, canonical(patch)),
        )

    def get(self, patch: str) -> Json:
        """The document with this id, or a unique start of it. Raises MemoryStoreError."""
        rows = self.store.rows("SELECT id, body FROM patches WHERE substr(id, 1, ?) = ?", (len(patch), patch))
        exact = [row for row in rows if row["id"] == patch]
        if len(exact or rows) != 1 or not patch:
            known = ", ".join(row["id"] for row in rows[:5])
            problem = (
                f"fits several ({known}); write more of it"
                if rows and patch
                else "is not known; see: mendel patch list"
            )
            raise MemoryStoreError(f"patch {patch!r} {problem}")
        return _document((exact or rows)[0])

    def list(self, status: str | None = None, cycle: str | None = None) -> list[Json]:
        """Documents, the oldest first."""
        rows = self.store.rows(
            """SELECT body FROM patches WHERE (? IS NULL OR status = ?) AND (? IS NULL OR cycle = ?)
               ORDER BY created, rowid""",
            (status, status, cycle, cycle),
        )
        return [_document(row) for row in rows]

    def set_status(self, patch: str, status: str) -> Json:
        """Change where a patch is in its life, and return the document."""
        with self.store.transaction():
            document = {**self.get(patch), "status": status}
            self.save(document)
            return document


def _document(row: sqlite3.Row) -> Json:
    return json.loads(row["body"])
