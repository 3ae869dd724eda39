"""Chroma as an index over vectors that lie in SQLite: quick to ask, and worth nothing by itself.

One process owns it (the kernel lets go of the lock of one that dies); for the others ``nearest`` is None and they search
SQLite exactly. What its seal does not vouch for is made anew from SQLite."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from memory.index_chroma import Collection, IndexDamagedError
from memory.index_seal import PREFIX, break_seal, read_seal, write_seal

if TYPE_CHECKING:
    from memory.embeddings import Vectors

Say = Callable[[str], None]


@dataclass(frozen=True)
class Changes:
    """What an index has to take in: ids with their vectors, ids that must go, up to change number ``until``."""

    until: int
    ids: Sequence[str]
    vectors: Vectors
    gone: Sequence[str]


#: (after) -> what changed after that number; -1 = everything there is.
Source = Callable[[int], Changes]


class Index:
    """The index in one folder, over the vectors of one embedder. ``say`` is told of what was mended. Close it."""

    def __init__(self, folder: Path, embedder: str, source: Source, say: Say) -> None:
        self.folder, self.embedder, self.source, self.say = folder, embedder, source, say
        self._lock = FileLock(folder / "owner.lock", thread_local=False)
        self._open: Collection | None = None
        self._until = -1

    def nearest(self, vector: Vectors, count: int) -> list[str] | None:
        """Ids by nearness, nearest first; None where another process owns the index or it cannot be made here."""
        if not self._own():
            return None
        try:
            return self._caught_up().nearest(vector, count)
        except IndexDamagedError as error:
            self.say(f"the index failed ({error}) and is made anew from SQLite: nothing was lost")
        try:
            return self._anew().nearest(vector, count)
        except (IndexDamagedError, OSError) as error:
            self.say(f"the index cannot be made ({error}): searched without it")
            return None

    def rebuild(self) -> int | None:
        """Make it anew from SQLite: how many it then holds; None where another process owns it.

        Raises IndexDamagedError."""
        return len(self._anew()) if self._own() else None

    def close(self) -> None:
        """Seal it and let go of it."""
        collection, self._open = self._open, None
        if collection is not None:
            try:
                collection.close()
                write_seal(collection.place, self.embedder, self._until)
            except (IndexDamagedError, OSError) as error:
                self.say(f"the index could not be sealed ({error}): it is made anew next time")
        self._lock.release()

    def _own(self) -> bool:
        """Whether this process owns the index, taking it if nobody does."""
        if self._lock.is_locked:
            return True
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(blocking=False)
        except (Timeout, OSError):
            return False
        return True

    def _caught_up(self) -> Collection:
        if self._open is None:
            sealed = read_seal(self.folder, self.embedder)
            if sealed.why:
                self.say(sealed.why)
            if sealed.place is None:
                return self._anew()
            break_seal(self.folder)
            self._open, self._until = Collection(sealed.place), sealed.until
        return self._take(self._open)

    def _anew(self) -> Collection:
        """A new folder each time, since Chroma remembers what it had open."""
        if self._open is not None:
            with suppress(IndexDamagedError):  # it is thrown away, whatever it says
                self._open.close()
            self._open = None
        break_seal(self.folder)
        for old in self.folder.glob(f"{PREFIX}*"):
            shutil.rmtree(old, ignore_errors=True)
        self._open, self._until = Collection(self.folder / f"{PREFIX}{secrets.token_hex(4)}"), -1
        return self._take(self._open)

    def _take(self, collection: Collection) -> Collection:
        changes = self.source(self._until)
        collection.remove(changes.gone)
        collection.put(changes.ids, changes.vectors)
        self._until = changes.until
        return collection
