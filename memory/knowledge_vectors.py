"""The vectors of the learnings, in SQLite: made when they are missing, searched exactly, handed to the index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory.embeddings import Embedder
from memory.index import Changes
from memory.knowledge_scope import LIVE, Scope
from memory.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from memory.embeddings import Vectors

_BATCH = 256  # texts between two commits: what a kill can cost
_BUMP = "UPDATE learnings SET changed = (SELECT coalesce(max(changed), 0) + 1 FROM learnings) WHERE id = ?"
_MISSING = """SELECT id, text FROM learnings LEFT JOIN learning_vectors ON learning = id
    WHERE forgotten IS NULL AND (embedder IS NULL OR embedder != ?) ORDER BY changed"""


@dataclass(frozen=True)
class Matrix:
    """Every vector at one moment: ``rows`` (SQLite's row numbers, ascending), ``ids`` and ``values`` (n, d) fit together."""

    revision: int
    rows: NDArray[np.int64]
    ids: list[str]
    values: Vectors


class VectorTable:
    """The vectors that one embedder made. Those of another count as missing."""

    def __init__(self, store: Store, embedder: Embedder) -> None:
        self.store, self.embedder = store, embedder
        self._matrix: Matrix | None = None
        self._full_at = -1  # the change number at which no vector was missing

    def revision(self) -> int:
        """The number of the last change to any learning."""
        return int(self.store.rows("SELECT coalesce(max(changed), 0) FROM learnings")[0][0])

    def fill(self, progress: Callable[[int, int], None]) -> int:
        """Make the missing vectors, a batch a commit: how many. ``progress`` hears (done, of). Raises EmbeddingError."""
        revision = self.revision()
        if revision == self._full_at:
            return 0
        missing = [(row["id"], row["text"]) for row in self.store.rows(_MISSING, (self.embedder.name,))]
        for start in range(0, len(missing), _BATCH):
            part = missing[start : start + _BATCH]
            vectors = self.embedder.embed([text for _, text in part])
            with self.store.transaction():
                for (learning, _), vector in zip(part, vectors, strict=True):
                    self.store.write(
                        "INSERT OR REPLACE INTO learning_vectors VALUES (?, ?, ?)",
                        (learning, self.embedder.name, vector.astype("<f4").tobytes()),
                    )
                    self.store.write(_BUMP, (learning,))
            progress(start + len(part), len(missing))
        if not missing:
            self._full_at = revision
        return len(missing)

    def forget_all(self) -> None:
        """Throw every vector away: they are made anew."""
        self.store.write("DELETE FROM learning_vectors")
        self._matrix, self._full_at = None, -1

    def changes(self, after: int) -> Changes:
        """For the index: what changed after a change number; only live lessons are in it. See Changes."""
        rows = self.store.rows(
            f"""SELECT id, changed, vector, {LIVE} AS live FROM learnings
                LEFT JOIN learning_vectors ON learning = id AND embedder = ? WHERE changed > ? ORDER BY changed""",
            (self.embedder.name, after),
        )
        kept = [row for row in rows if row["live"] and row["vector"] is not None]
        gone = [] if after < 0 else [row["id"] for row in rows if not row["live"]]
        until = rows[-1]["changed"] if rows else after
        return Changes(until, [row["id"] for row in kept], _stack([row["vector"] for row in kept]), gone)

    def nearest(self, vector: Vectors, scope: Scope, count: int) -> list[tuple[str, float]]:
        """(id, cosine) of the nearest lessons in a scope, exactly, nearest first."""
        import numpy as np

        matrix = self.matrix()
        where, values = scope.where()
        wanted = np.array(
            [r[0] for r in self.store.rows(f"SELECT rowid FROM learnings WHERE {where}", values)], np.int64
        )
        places = np.flatnonzero(np.isin(matrix.rows, wanted, assume_unique=True))
        if not len(places):
            return []
        if len(places) * 8 > len(matrix.rows):  # cheaper than copying the rows out
            scores = (matrix.values @ vector)[places]
        else:
            scores = matrix.values[places] @ vector
        best = np.argsort(-scores, kind="stable")[:count]
        return [(matrix.ids[places[i]], float(scores[i])) for i in best]

    def scores(self, ids: Sequence[str], vector: Vectors) -> dict[str, float]:
        """Id -> cosine, for a few ids."""
        marks = ",".join("?" * len(ids))
        rows = self.store.rows(
            f"SELECT learning, vector FROM learning_vectors WHERE learning IN ({marks})", ids
        )
        return {str(r["learning"]): float(_stack([r["vector"]])[0] @ vector) for r in rows}

    def matrix(self) -> Matrix:
        """Every vector, read again when a learning changed."""
        import numpy as np

        revision = self.revision()
        if self._matrix is None or self._matrix.revision != revision:
            rows = self.store.rows(
                """SELECT learnings.rowid AS place, id, vector FROM learnings JOIN learning_vectors ON learning = id
                   WHERE embedder = ? ORDER BY learnings.rowid""",
                (self.embedder.name,),
            )
            places = np.array([row["place"] for row in rows], dtype=np.int64)
            self._matrix = Matrix(
                revision, places, [r["id"] for r in rows], _stack([r["vector"] for r in rows])
            )
        return self._matrix


def _stack(blobs: list[bytes]) -> Vectors:
    """Float32 vectors of one length, kept as little-endian bytes, as one array."""
    import numpy as np

    return (
        np.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(blobs), -1)
        if blobs
        else np.empty((0, 0), np.float32)
    )
