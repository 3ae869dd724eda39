"""Lessons: kept in SQLite, found by meaning.

A lesson is kept at once and gets its vector when it is first looked for, so that keeping never waits for, nor fails with,
an embedder. A search without a filter asks the index; one with a filter is exact over the rows that SQLite leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from memory.documents import Json, utc_now
from memory.embeddings import Embedder, embedder_from
from memory.errors import MemoryStoreError
from memory.index import Index
from memory.knowledge_lesson import Lesson, checked_text
from memory.knowledge_scope import Scope
from memory.knowledge_vectors import VectorTable
from memory.learnings import Learnings
from memory.store import Store

if TYPE_CHECKING:
    from memory.embeddings import Vectors

EMBEDDER_SETTING, FOLDER = "memory.embedder", "index"
_SPARE = 16  # asked of the index beyond the limit, for lessons that expired since they were indexed


@dataclass(frozen=True)
class Found:
    """``results`` are learnings with ``score`` (cosine, 1 = the same), best first; ``exact`` is false where the index was
    asked."""

    results: list[Json]
    exact: bool


def quiet(_: str) -> None:
    """Nobody listens."""


class Knowledge:
    """The lessons of one store. Close it, or use it as a context manager. ``say`` hears what was mended, and progress."""

    def __init__(
        self, store: Store, *, embedder: Embedder | None = None, say: Callable[[str], None] = quiet
    ) -> None:
        self.store, self.say, self.learnings = store, say, Learnings(store)
        self.folder: Path = store.path.parent / FOLDER
        self._use(embedder or embedder_from(store.setting(EMBEDDER_SETTING)))

    def add(self, lesson: Lesson, *, revive: bool = False) -> tuple[Json, bool]:
        """Keep a lesson: its row, and whether it is new. One that was forgotten stays so unless ``revive``."""
        with self.store.transaction():
            for other in lesson.contradicts:
                self.learnings.required(other)
            identity, new = self.learnings.put(lesson)
            row = self.learnings.required(identity)
            if revive and row["forgotten"]:
                self.learnings.change(identity, forgotten=None)
            for other in lesson.contradicts:
                self.contradict(identity, other)
            return self.learnings.required(identity), new

    def search(self, query: str, limit: int = 5, scope: Scope | None = None) -> Found:
        """The lessons nearest in meaning to ``query``. Raises EmbeddingError where the embedder cannot be used."""
        if not query.strip():
            raise MemoryStoreError("nothing to look for; write a few words")
        asked, wanted = checked_text(query), scope or Scope()
        self.embed_missing()
        vector = self.embedder.embed([asked])[0]
        if wanted.everything:
            near = self.index.nearest(vector, limit + _SPARE)
            found = None if near is None else self._scored(near, vector, limit)
            if found is not None:
                return Found(found, exact=False)
        best = self.vectors.nearest(vector, wanted, limit)
        rows = self.learnings.by_ids([learning for learning, _ in best])
        return Found([_with_score(rows[learning], score) for learning, score in best], exact=True)

    def embed_missing(self) -> int:
        """Make the vectors that are missing: how many. Raises EmbeddingError; what was made before that stays."""
        return self.vectors.fill(self._tell)

    def contradict(self, one: str, other: str) -> None:
        """Mark two lessons as contradicting each other."""
        with self.store.transaction():
            rows = [self.learnings.required(one), self.learnings.required(other)]
            if rows[0]["id"] == rows[1]["id"]:
                raise MemoryStoreError(f"learning {one!r} cannot contradict itself; name another")
            for row, against in (rows, rows[::-1]):
                marks = sorted({*row.get("contradicts", []), against["id"]})
                if marks != row.get("contradicts"):
                    self.learnings.change(row["id"], body={"contradicts": marks})

    def forget(self, learning: str) -> tuple[Json, bool]:
        """Leave a lesson out of every search; its row stays as history. The row, and whether it was not forgotten yet."""
        with self.store.transaction():
            row = self.learnings.required(learning)
            if row["forgotten"]:
                return row, False
            self.learnings.change(row["id"], forgotten=utc_now())
            return self.learnings.required(row["id"]), True

    def lessons(self, scope: Scope | None = None) -> list[Json]:
        """The lessons in a scope, the oldest first."""
        where, values = (scope or Scope()).where()
        ids = [
            str(r["id"])
            for r in self.store.rows(
                f"SELECT id FROM learnings WHERE {where} ORDER BY created, rowid", values
            )
        ]
        rows = self.learnings.by_ids(ids)
        return [rows[i] for i in ids]

    def rebuild(self, settings: Json = None, *, anew: bool = False) -> tuple[int, int | None]:
        """Make the missing vectors (``anew``: all) and the index from SQLite: (vectors made, lessons in the index; None
        where another process owns it). ``settings`` choose another embedder, kept for this store once it has worked."""
        if settings is not None:
            embedder = embedder_from(settings)
            embedder.embed(["does it answer?"])
            self.store.set_setting(EMBEDDER_SETTING, settings)
            self.index.close()
            self._use(embedder)
        if anew:
            self.vectors.forget_all()
        return self.embed_missing(), self.index.rebuild()

    def close(self) -> None:
        """Let go of the index."""
        self.index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _use(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.vectors = VectorTable(self.store, embedder)
        self.index = Index(self.folder, embedder.name, self.vectors.changes, self.say)

    def _scored(self, near: list[str], vector: Vectors, limit: int) -> list[Json] | None:
        """The index's answer as SQLite knows it now; None where too much of it has expired to fill the limit."""
        marks = ",".join("?" * len(near))
        where, values = Scope().where()
        sql = f"SELECT id FROM learnings WHERE id IN ({marks}) AND {where}"
        live = {str(row["id"]) for row in self.store.rows(sql, [*near, *values])}
        kept = [learning for learning in near if learning in live][:limit]
        if len(kept) < limit and len(near) == limit + _SPARE:
            return None
        rows, scores = self.learnings.by_ids(kept), self.vectors.scores(kept, vector)
        return [_with_score(rows[i], scores[i]) for i in sorted(kept, key=lambda i: -scores[i])]

    def _tell(self, done: int, of: int) -> None:
        if of > 500:
            self.say(f"{done:,} of {of:,} lessons read")


def _with_score(row: Json, score: float) -> Json:
    first = {"id": row["id"], "text": row["text"], "score": round(score, 6)}
    return {**first, **row}
