"""The SQLite file in which everything worth keeping lies.

One writer at a time, any number of readers (write-ahead log); commits reach the disk before they return.
A Store may be used by several threads; they take turns.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from memory.documents import Json, canonical, utc_now
from memory.errors import MemoryStoreError
from memory.migrations import MIGRATIONS

#: The store's file in a system's state folder.
STORE_NAME = "mendel.db"
_BUSY_MS = 30_000


class Store:
    """An open store. ``path`` is made, with its tables, if it is not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        self._after_commit: list[Callable[[], None]] = []
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row
        try:
            self._prepare()
        except MemoryStoreError:
            self._connection.close()
            raise

    def close(self) -> None:
        """Release the file. The store cannot be used afterwards."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside happen together or not at all. Nested ones join the outermost."""
        with self._lock:
            if self._depth:
                yield
                return
            with self._explained():
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
                with self._explained():
                    self._connection.execute("COMMIT")
            except BaseException:
                self._after_commit.clear()
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0
            hooks, self._after_commit = self._after_commit, []
            for hook in hooks:
                hook()

    def after_commit(self, hook: Callable[[], None]) -> None:
        """Call ``hook`` once the current transaction is safely on disk; dropped if it is rolled back."""
        if hook not in self._after_commit:
            self._after_commit.append(hook)

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """The rows that a query yields."""
        with self._lock, self._explained():
            return self._connection.execute(sql, tuple(values)).fetchall()

    def row(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Row | None:
        """The first row, or None."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def write(self, sql: str, values: Sequence[object] = ()) -> int:
        """Change rows, in the transaction that is open or in one of its own; how many were changed."""
        with self.transaction(), self._explained():
            return self._connection.execute(sql, tuple(values)).rowcount

    def once(self, cycle: str, node: str, key: str, produce: Callable[[], Json]) -> Json:
        """The result of an effect that happens exactly once for (cycle, node, key), however often it is asked
        for and whoever is killed meanwhile. What ``produce`` writes to this store and the note that it was
        done are one transaction: keep it short, do long work before."""
        with self.transaction():
            where = "cycle = ? AND node = ? AND key = ?"
            done = self.row(f"SELECT result FROM effects WHERE {where}", (cycle, node, key))
            if done is not None:
                return json.loads(done["result"])
            result = canonical(produce())
            self.write("INSERT INTO effects VALUES (?, ?, ?, ?, ?)", (cycle, node, key, utc_now(), result))
            return json.loads(result)

    def setting(self, key: str) -> Json:
        """A remembered value, None if there is none."""
        found = self.row("SELECT value FROM settings WHERE key = ?", (key,))
        return None if found is None else json.loads(found["value"])

    def set_setting(self, key: str, value: Json) -> None:
        """Remember a value under ``key``."""
        self.write("INSERT OR REPLACE INTO settings VALUES (?, ?)", (key, canonical(value)))

    def _prepare(self) -> None:
        with self._explained():
            self._connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            self._write_ahead()
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
        if self._version() != len(MIGRATIONS):
            self._migrate()

    def _write_ahead(self) -> None:
        """Turn the write-ahead log on. SQLite does not wait for its lock here, whatever the busy time-out: several
        processes that open a new store at once take turns."""
        deadline = time.monotonic() + _BUSY_MS / 1000
        while self._connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _migrate(self) -> None:
        with self.transaction():
            version = self._version()  # again: another process may have migrated meanwhile
            if version > len(MIGRATIONS):
                raise MemoryStoreError(
                    f"{self.path}: written by a newer Mendel (schema {version}, this one knows {len(MIGRATIONS)}); "
                    "install the newer version"
                )
            with self._explained():
                for statements in MIGRATIONS[version:]:
                    for statement in statements:
                        self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _version(self) -> int:
        return int(self.rows("PRAGMA user_version")[0][0])

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """SQLite's and the system's errors as one line of ours."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise MemoryStoreError(f"{self.path}: {error}; {_remedy(str(error))}") from error


def _remedy(message: str) -> str:
    known = {
        "locked": "another Mendel is writing: try again when it is done",
        "full": "free some space",
        "readonly": "make the file and its folder writable",
        "unable to open": "make the folder writable",
        "not a database": "move the damaged file away, or restore a copy",
        "malformed": "move the damaged file away, or restore a copy",
        "append-only": "append a correction instead",
    }
    return next(
        (remedy for words, remedy in known.items() if words in message), "check the file and its folder"
    )
