"""Vectors from a server that speaks OpenAI's embeddings protocol."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from memory.embeddings import EmbeddingError, unit
from memory.trust import refusal

if TYPE_CHECKING:
    from memory.embeddings import Vectors

_BATCH, _TIMEOUT_SECONDS, _RETRIES = 64, 60.0, 2


class EndpointEmbedder:
    """See Embedder. The key is read from the environment variable ``api_key_env`` when the first text comes; a server
    without keys needs none."""

    def __init__(
        self, base_url: str, model: str, api_key_env: str = "OPENAI_API_KEY", retries: int = _RETRIES
    ) -> None:
        self.base_url, self.model = base_url.rstrip("/"), model
        self._key, self._retries = api_key_env, retries
        self._client: Any = None

    @property
    def name(self) -> str:
        """The model and where it is asked."""
        return f"{self.model} at {self.base_url}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        import numpy as np

        parts = [self._ask(list(texts[start : start + _BATCH])) for start in range(0, len(texts), _BATCH)]
        if len({len(row) for part in parts for row in part}) > 1:
            raise EmbeddingError(f"{self.name}: vectors of different lengths; name one model")
        return unit(np.concatenate([np.asarray(part, dtype=np.float32) for part in parts]))

    def _ask(self, texts: list[str]) -> list[list[float]]:
        import openai

        if why := refusal(self.base_url, self._key):
            raise EmbeddingError(f"embeddings: {why}")
        try:
            self._client = self._client or openai.OpenAI(
                base_url=self.base_url,
                api_key=os.environ.get(self._key) or "none",
                timeout=_TIMEOUT_SECONDS,
                max_retries=self._retries,
            )
            answer = self._client.embeddings.create(model=self.model, input=texts, encoding_format="float")
            rows = sorted(answer.data, key=lambda item: item.index)
            vectors = [[float(x) for x in item.embedding] for item in rows]
        except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
            raise EmbeddingError(
                f"{self.name}: {_short(error)}; start the server, or run: mendel memory rebuild --embedder minilm"
            ) from error
        if len(vectors) != len(texts) or not all(vectors):
            raise EmbeddingError(
                f"{self.name}: {len(vectors)} vectors for {len(texts)} texts; try another model"
            )
        return vectors


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
