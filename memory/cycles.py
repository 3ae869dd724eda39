"""Cycles: one pass of the graph each."""

from __future__ import annotations

import json
import sqlite3

from memory.documents import Json, canonical, utc_now
from memory.errors import MemoryStoreError
from memory.store import Store

Row = dict[str, Json]


class Cycles:
    """Rows are ``{"id", "started", "ended", "status", "goal", "summary"}``, times ISO UTC."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def start(self, cycle: str, goal: Json = None) -> Row:
        """Note that a cycle began; one that is known already is left as it is."""
        values = (cycle, utc_now(), canonical(goal))
        self.store.write("INSERT OR IGNORE INTO cycles VALUES (?, ?, NULL, 'running', ?, NULL)", values)
        return self.get(cycle)

    def finish(self, cycle: str, status: str, summary: Json = None) -> Row:
        """Note how a cycle ended."""
        values = (utc_now(), status, canonical(summary), cycle)
        if not self.store.write("UPDATE cycles SET ended = ?, status = ?, summary = ? WHERE id = ?", values):
            raise _unknown(cycle)
        return self.get(cycle)

    def get(self, cycle: str) -> Row:
        """One cycle. Raises MemoryStoreError for one that is not known."""
        row = self.store.row("SELECT * FROM cycles WHERE id = ?", (cycle,))
        if row is None:
            raise _unknown(cycle)
        return _document(row)

    def list(self, status: str | None = None, limit: int | None = None) -> list[Row]:
        """The newest first."""
        rows = self.store.rows(
            "SELECT * FROM cycles WHERE ? IS NULL OR status = ? ORDER BY started DESC, id LIMIT ?",
            (status, status, -1 if limit is None else limit),
        )
        return [_document(row) for row in rows]


def _document(row: sqlite3.Row) -> Row:
    summary = None if row["summary"] is None else json.loads(row["summary"])
    return {**dict(row), "goal": json.loads(row["goal"]), "summary": summary}


def _unknown(cycle: str) -> MemoryStoreError:
    return MemoryStoreError(f"cycle {cycle!r} is not known; see: mendel status")
