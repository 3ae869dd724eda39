"""Findings, as the JSON documents that the tools make of them."""

from __future__ import annotations

import json

from memory.documents import Json, canonical, utc_now
from memory.store import Store


class Findings:
    """Documents have at least ``id`` and ``category``."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def save(self, cycle: str, finding: Json) -> None:
        """Keep a finding of a cycle; the same id again replaces it."""
        values = (cycle, finding["id"], finding["category"], utc_now(), canonical(finding))
        self.store.write("INSERT OR REPLACE INTO findings VALUES (?, ?, ?, ?, ?)", values)

    def get(self, finding: str) -> Json | None:
        """The newest document with this id, None if there is none."""
        row = self.store.row(
            "SELECT body FROM findings WHERE id = ? ORDER BY created DESC, rowid DESC LIMIT 1", (finding,)
        )
        return None if row is None else json.loads(row["body"])

    def of_cycle(self, cycle: str) -> list[Json]:
        """A cycle's findings in the order in which they were kept."""
        rows = self.store.rows("SELECT body FROM findings WHERE cycle = ? ORDER BY created, rowid", (cycle,))
        return [json.loads(row["body"]) for row in rows]
