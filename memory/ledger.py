"""The append-only, hash-chained record: what was claimed, tried, judged, approved and changed, in order.

Each entry's hash covers its number, time, kind, body and the hash before it, so an entry cannot be edited,
removed or moved without breaking the chain. The chain's end is also kept in a table and in a file beside the
store: a tail that is cut off is missed by one of them. It is evidence against accidents and quiet edits, not
against someone who rewrites everything.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from memory.documents import Json, canonical, utc_now
from memory.errors import MemoryStoreError
from memory.store import Store

GENESIS = "0" * 64
_PAGE = 1000


@dataclass(frozen=True)
class Entry:
    """One line of the ledger. ``time`` is ISO text, UTC."""

    seq: int
    time: str
    kind: str
    body: Json
    prev: str
    hash: str


@dataclass(frozen=True)
class LedgerCheck:
    """Whether the chain holds. If not, ``broken_at`` is the first entry that is wrong and ``why`` says how."""

    ok: bool
    entries: int
    broken_at: int | None = None
    why: str = ""


def entry_hash(seq: int, time: str, kind: str, body: Json, prev: str) -> str:
    """sha256, hex, over the canonical JSON of the five."""
    return hashlib.sha256(canonical([seq, time, kind, body, prev]).encode()).hexdigest()


class Ledger:
    """The ledger of one store."""

    def __init__(self, store: Store, clock: Callable[[], str] = utc_now) -> None:
        self.store, self.clock = store, clock
        self.head_file = store.path.with_name(store.path.name + ".head")

    def append(self, kind: str, body: Json) -> Entry:
        """Add an entry, in the store's open transaction or in one of its own."""
        with self.store.transaction():
            last = self.store.row("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")
            seq, prev = (last["seq"] + 1, last["hash"]) if last else (1, GENESIS)
            text, time = canonical(body), self.clock()
            kept = json.loads(text)
            entry = Entry(seq, time, kind, kept, prev, entry_hash(seq, time, kind, kept, prev))
            self.store.write(
                "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)", (seq, time, kind, text, prev, entry.hash)
            )
            self.store.write("INSERT OR REPLACE INTO ledger_head VALUES (1, ?, ?)", (seq, entry.hash))
            self.store.after_commit(self._mirror)
        return entry

    def entries(self, kind: str | None = None, after: int = 0, limit: int | None = None) -> list[Entry]:
        """Entries in order, of one kind if given, numbered above ``after``, at most ``limit``."""
        rows = self.store.rows(
            "SELECT * FROM ledger WHERE seq > ? AND (? IS NULL OR kind = ?) ORDER BY seq LIMIT ?",
            (after, kind, kind, -1 if limit is None else limit),
        )
        return [_entry(row) for row in rows]

    def verify(self) -> LedgerCheck:
        """Walk the whole chain and compare its end with what was noted of it."""
        count, prev = 0, GENESIS
        heads = {0: GENESIS}
        noted = self._noted_heads()
        for row in self._all():
            why = _fault(row, count + 1, prev)
            if why:
                return LedgerCheck(False, count, count + 1, why)
            count, prev = row["seq"], row["hash"]
            if any(count == seq for seq, _, _ in noted):
                heads[count] = prev
        for seq, digest, place in noted:
            if seq > count:
                return LedgerCheck(
                    False, count, count + 1, f"{place} knows {seq} entries: the last are missing"
                )
            if heads.get(seq) != digest:
                return LedgerCheck(
                    False, count, seq, f"{place} knows another entry {seq}: the ledger was rewritten"
                )
        if count and not any(place == "the table" and seq == count for seq, _, place in noted):
            return LedgerCheck(
                False, count, count, "the table does not know the last entry: it was added by hand"
            )
        return LedgerCheck(True, count)

    def _all(self) -> Iterator[sqlite3.Row]:
        """Every row by rowid, in pages: a bad number must not end the walk early."""
        last = -(2**63)
        while page := self.store.rows(
            "SELECT * FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?", (last, _PAGE)
        ):
            yield from page
            last = page[-1]["seq"]

    def _noted_heads(self) -> list[tuple[int, str, str]]:
        """(entries, hash, place) of each note of the chain's end. The file may lag behind after a crash.
        A note whose numbers make no sense counts as one that no chain fits."""
        heads: list[tuple[int, str, str]] = []
        row = self.store.row("SELECT entries, hash FROM ledger_head")
        if row is not None:
            heads.append((row["entries"], row["hash"], "the table"))
        if self.head_file.exists():
            try:
                note = json.loads(self.head_file.read_text(encoding="utf-8"))
                heads.append((int(note["entries"]), str(note["hash"]), self.head_file.name))
            except (ValueError, TypeError, KeyError, OSError):
                heads.append((0, "unreadable", self.head_file.name))
        return heads

    def _mirror(self) -> None:
        """Write the committed end of the chain beside the store, whole or not at all."""
        row = self.store.row("SELECT entries, hash FROM ledger_head")
        if row is None:
            return
        try:
            _replace(self.head_file, canonical({"entries": row["entries"], "hash": row["hash"]}))
        except OSError as error:
            raise MemoryStoreError(f"{self.head_file}: {error.strerror}; make its folder writable") from error


def _fault(row: sqlite3.Row, seq: int, prev: str) -> str:
    """What is wrong with a row where entry ``seq`` after ``prev`` should stand; empty if nothing is."""
    if row["seq"] != seq:
        return f"entry {seq} is missing: the next one is {row['seq']}"
    if row["prev"] != prev:
        return f"entry {seq} does not follow the one before it"
    try:
        body = json.loads(row["body"])
    except ValueError:
        return f"entry {seq} was edited: its body is no JSON"
    expected = entry_hash(seq, row["time"], row["kind"], body, prev)
    if row["hash"] != expected or canonical(body) != row["body"]:
        return f"entry {seq} was edited: its hash does not fit"
    return ""


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(row["seq"], row["time"], row["kind"], json.loads(row["body"]), row["prev"], row["hash"])


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)
