"""Texts as unit vectors, behind one interface. The name of the embedder is kept with each vector: vectors of
different names are never compared."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from memory.documents import Json
from memory.errors import MemoryStoreError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

MINILM, HASHING, ENDPOINT = "minilm", "hashing", "endpoint"


class EmbeddingError(MemoryStoreError):
    """Texts could not be turned into vectors."""


class Embedder(Protocol):
    """``embed`` gives float32 of shape (texts, d), each row of length 1; the same text gives the same vector."""

    @property
    def name(self) -> str:
        """Changes whenever the vectors would."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Raises EmbeddingError, one line."""
        ...


class HashingEmbedder:
    """Words and their three-letter pieces, hashed into signed buckets: no model, no meaning, fast; for tests and as the
    floor that a model must beat."""

    def __init__(self, size: int = 512) -> None:
        self.size = size

    @property
    def name(self) -> str:
        """Its kind and size."""
        return f"hashing-{self.size}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See Embedder. A text without words gets a vector of its own, since a direction is needed."""
        import numpy as np

        vectors = np.zeros((len(texts), self.size), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for piece, weight in _pieces(text):
                code = int.from_bytes(hashlib.blake2b(piece.encode(), digest_size=8).digest(), "big")
                row[code % self.size] += weight if code >> 63 else -weight
            if not row.any():
                row[0] = 1.0
        return unit(vectors)


def unit(vectors: Any) -> Vectors:
    """Rows of length 1, float32. Raises EmbeddingError for a row that has no direction."""
    import numpy as np

    values = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(values, axis=-1, keepdims=True)
    if values.ndim != 2 or not np.isfinite(lengths).all() or (lengths == 0).any():
        raise EmbeddingError(
            "the embedder returned vectors without a direction; try again, or another embedder"
        )
    return np.asarray(values / lengths, dtype=np.float32)


def embedder_from(settings: Mapping[str, Json] | None) -> Embedder:
    """The embedder that settings ask for: ``{"kind": "minilm" | "hashing" | "endpoint", …}``; None = MiniLM.

    Nothing is loaded before the first text. Raises EmbeddingError for a kind that is not known."""
    given = dict(settings or {"kind": MINILM})
    kind = given.pop("kind", MINILM)
    if kind == MINILM:
        from memory.embeddings_minilm import MiniLM

        return MiniLM()
    if kind == HASHING:
        return HashingEmbedder()
    if kind == ENDPOINT:
        from memory.embeddings_endpoint import EndpointEmbedder

        return EndpointEmbedder(**given)
    raise EmbeddingError(f"embedder {kind!r} is not known; one of {MINILM}, {ENDPOINT}, {HASHING}")


def _pieces(text: str) -> Iterator[tuple[str, float]]:
    for word in re.findall(r"\w+", text.casefold()):
        yield word, 1.0
        padded = f"^{word}$"
        for start in range(len(padded) - 2):
            yield "#" + padded[start : start + 3], 0.3
