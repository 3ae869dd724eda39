"""One Chroma collection of vectors that come from us. Chroma never embeds, never reports, never reaches a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memory.errors import MemoryStoreError

if TYPE_CHECKING:
    from memory.embeddings import Vectors

_NAME, _BATCH = "lessons", 2000
_SEARCH_WIDTH = 200  # candidates that HNSW keeps while it searches


class IndexDamagedError(MemoryStoreError):
    """The index cannot be used now. Nothing is lost: SQLite has everything."""


class Collection:
    """Open on a folder, made if it is not there. Every failure of Chroma's is an IndexDamagedError."""

    def __init__(self, place: Path) -> None:
        self.place = place
        with explained():
            import chromadb
            from chromadb.config import Settings

            settings = Settings(anonymized_telemetry=False, is_persistent=True)
            self._client: Any = chromadb.PersistentClient(str(place), settings=settings)
            self._collection: Any = self._client.get_or_create_collection(
                _NAME,
                embedding_function=_OwnVectors(),  # type: ignore[arg-type]
                configuration={"hnsw": {"space": "cosine", "ef_search": _SEARCH_WIDTH}},
            )

    def __len__(self) -> int:
        with explained():
            return int(self._collection.count())

    def put(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Add vectors, or replace those that have these ids."""
        with explained():
            for start in range(0, len(ids), _BATCH):
                part = slice(start, start + _BATCH)
                self._collection.upsert(ids=list(ids[part]), embeddings=vectors[part])

    def remove(self, ids: Sequence[str]) -> None:
        """Take ids out; those that are not there are passed over."""
        with explained():
            for start in range(0, len(ids), _BATCH):
                self._collection.delete(ids=list(ids[start : start + _BATCH]))

    def nearest(self, vector: Vectors, count: int) -> list[str]:
        """Ids, nearest first."""
        wanted = min(count, len(self))
        if wanted == 0:
            return []
        with explained():
            answer = self._collection.query(query_embeddings=[vector], n_results=wanted, include=[])
            return [str(i) for i in answer["ids"][0]]

    def close(self) -> None:
        """Write everything out."""
        with explained():
            self._client.close()


class _OwnVectors:
    """An embedding function that must never be called: Chroma's default one would download a model."""

    def __init__(self) -> None:
        pass

    def __call__(self, input: Any) -> Any:
        raise IndexDamagedError("Chroma was asked to embed; it is only ever given vectors")

    embed_query = __call__

    @staticmethod
    def name() -> str:
        """Kept with the collection."""
        return "mendel-own-vectors"

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> _OwnVectors:
        """The same again."""
        return _OwnVectors()

    def get_config(self) -> dict[str, Any]:
        """There is nothing to configure."""
        return {}

    def default_space(self) -> str:
        """Vectors are of length 1."""
        return "cosine"

    def supported_spaces(self) -> list[str]:
        """See default_space."""
        return ["cosine"]

    def is_legacy(self) -> bool:
        """It has a name and a configuration."""
        return False

    def validate_config_update(self, old_config: dict[str, Any], new_config: dict[str, Any]) -> None:
        """Nothing can change."""


@contextmanager
def explained() -> Iterator[None]:
    """Whatever Chroma fails with, as one line of ours; its Rust core panics with an exception that is no Exception."""
    try:
        yield
    except IndexDamagedError:
        raise
    except Exception as error:
        raise IndexDamagedError(_line(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise IndexDamagedError(_line(error)) from error


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
