"""Trials: every scored evaluation of a candidate, so that the number of things tried is true."""

from __future__ import annotations

import json

from memory.documents import Json, canonical, utc_now
from memory.store import Store


class Trials:
    """One row for each scored evaluation. ``candidate`` is a bundle hash, ``segment`` names the data."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def log(self, candidate: str, segment: str, body: Json, cycle: str | None = None) -> None:
        """Note an evaluation, good or bad."""
        self.store.write(
            "INSERT INTO trials (cycle, candidate, segment, created, body) VALUES (?, ?, ?, ?, ?)",
            (cycle, candidate, segment, utc_now(), canonical(body)),
        )

    def count(self, segment: str | None = None) -> int:
        """N: how many evaluations were scored, on one segment or in all."""
        row = self.store.row(
            "SELECT count(*) AS n FROM trials WHERE ? IS NULL OR segment = ?", (segment, segment)
        )
        return int(row["n"]) if row is not None else 0

    def list(self, candidate: str | None = None, cycle: str | None = None) -> list[Json]:
        """``{"cycle", "candidate", "segment", "created", …}``, the oldest first."""
        rows = self.store.rows(
            "SELECT * FROM trials WHERE (? IS NULL OR candidate = ?) AND (? IS NULL OR cycle = ?) ORDER BY id",
            (candidate, candidate, cycle, cycle),
        )
        names = ("cycle", "candidate", "segment", "created")
        return [{**json.loads(row["body"]), **{name: row[name] for name in names}} for row in rows]
