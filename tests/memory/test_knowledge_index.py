"""The index is worth nothing by itself: damaged, deleted, cut off, owned by another or of another embedder, nothing is lost."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from memory.embeddings import HashingEmbedder
from memory.index import Changes, Index
from memory.knowledge import Knowledge
from memory.knowledge_lesson import lesson_from
from memory.knowledge_scope import Scope
from memory.store import Store

TEXTS = ["fees eat every scalp", "volume spikes fade", "funding extremes revert", "quiet coins never trade"]
CHILD = """
import sys
from pathlib import Path
from memory.embeddings import HashingEmbedder
from memory.knowledge import Knowledge
from memory.knowledge_lesson import lesson_from
from memory.store import Store
store = Store(Path(sys.argv[1]))
knowledge = Knowledge(store, embedder=HashingEmbedder())
for number in range(int(sys.argv[2])):
    knowledge.add(lesson_from({"text": f"lesson {number} of the child"}))
    print(knowledge.search("child", 1).exact, flush=True)
sys.stdin.read()
"""


def fill(path: Path, said: list[str], size: int = 512) -> list[str]:
    """Add the texts, search, close; what the search found."""
    with Store(path) as store, Knowledge(store, embedder=HashingEmbedder(size), say=said.append) as knowledge:
        for text in TEXTS:
            knowledge.add(lesson_from({"text": text}))
        found = knowledge.search("volume spikes", 10)
        assert not found.exact
        return [row["text"] for row in found.results]


def damage_file(name: str, content: bytes | None = None) -> object:
    def act(folder: Path) -> None:
        target = next(folder.rglob(name))
        target.write_bytes(target.read_bytes()[:-7] + b"garbage" if content is None else content)

    return act


DAMAGE = {
    "a flipped end": damage_file("data_level0.bin"),
    "an empty header": damage_file("header.bin", b""),
    "no database": damage_file("chroma.sqlite3", b"not a database"),
    "a bad seal": damage_file("seal.json", b"{"),
    "no seal": lambda folder: (folder / "seal.json").unlink(),
    "files gone": lambda folder: [shutil.rmtree(p) for p in folder.glob("chroma-*")],
    "a lying seal": lambda folder: (folder / "seal.json").write_text(
        json.dumps({"place": "../..", "until": 1})
    ),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_index_is_made_anew_and_says_so(tmp_path: Path, how: str) -> None:
    said: list[str] = []
    before = fill(tmp_path / "m.db", said)
    assert len(before) == 4 and said == []
    DAMAGE[how](tmp_path / "index")  # type: ignore[operator]
    assert fill(tmp_path / "m.db", said) == before
    assert len(said) == 1 and "made anew" in said[0]
    assert fill(tmp_path / "m.db", said) == before and len(said) == 1


def test_a_deleted_folder_is_made_anew(tmp_path: Path) -> None:
    before = fill(tmp_path / "m.db", [])
    shutil.rmtree(tmp_path / "index")
    assert fill(tmp_path / "m.db", []) == before


def test_another_embedder_makes_vectors_and_index_anew(tmp_path: Path) -> None:
    said: list[str] = []
    assert set(fill(tmp_path / "m.db", said, 512)) == set(fill(tmp_path / "m.db", said, 64)) == set(TEXTS)
    assert said == ["the index is of another embedder (hashing-512): it is made anew from SQLite"]


def test_damage_while_it_is_open_is_mended(tmp_path: Path) -> None:
    said: list[str] = []
    with (
        Store(tmp_path / "m.db") as store,
        Knowledge(store, embedder=HashingEmbedder(), say=said.append) as knowledge,
    ):
        knowledge.add(lesson_from({"text": TEXTS[0]}))
        assert not knowledge.search("fees", 1).exact
        knowledge.index._open.close()  # type: ignore[union-attr]
        knowledge.add(lesson_from({"text": TEXTS[1]}))
        assert [r["text"] for r in knowledge.search("volume spikes", 1).results] == [TEXTS[1]]


def test_kill_while_writing_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), "1000"],
        stdout=subprocess.PIPE,
        text=True,
        stdin=subprocess.PIPE,
    )
    kept = sum(1 for _ in zip(range(5), child.stdout, strict=False))  # type: ignore[arg-type]
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()  # type: ignore[union-attr]
    child.stdin.close()  # type: ignore[union-attr]
    said: list[str] = []
    with Store(path) as store, Knowledge(store, embedder=HashingEmbedder(), say=said.append) as knowledge:
        found = knowledge.search("child", 1000)
        assert not found.exact and len(found.results) == len(knowledge.lessons()) >= kept == 5
    assert said == ["the index was not closed well: it is made anew from SQLite"]


def test_one_process_owns_it_and_the_others_search_exactly(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), "2"],
        stdout=subprocess.PIPE,
        text=True,
        stdin=subprocess.PIPE,
    )
    assert [child.stdout.readline().strip() for _ in range(2)] == ["False", "False"]  # type: ignore[union-attr]
    with Store(path) as store, Knowledge(store, embedder=HashingEmbedder()) as knowledge:
        knowledge.add(lesson_from({"text": "lesson of the parent"}))
        found = knowledge.search("lesson of the parent", 5)
        assert found.exact and len(found.results) == 3 and found.results[0]["text"] == "lesson of the parent"
        assert knowledge.rebuild()[1] is None
        child.communicate("")
        assert not knowledge.search("lesson", 5).exact


def test_a_folder_that_cannot_be_written_is_searched_exactly(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("a file in its place")
    with Store(tmp_path / "m.db") as store, Knowledge(store, embedder=HashingEmbedder()) as knowledge:
        knowledge.add(lesson_from({"text": TEXTS[0]}))
        found = knowledge.search("fees", 1)
        assert found.exact and found.results[0]["text"] == TEXTS[0]


def test_the_index_agrees_with_exact_search(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(1200, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = [str(i) for i in range(len(vectors))]
    index = Index(
        tmp_path / "i",
        "random",
        lambda after: Changes(1, ids if after < 1 else [], vectors if after < 1 else vectors[:0], []),
        print,
    )
    hits = 0
    for vector in vectors[:50] + np.float32(0.1):
        best = [str(i) for i in np.argsort(-(vectors @ vector))[:5]]
        hits += len(set(best) & set(index.nearest(vector, 5) or []))
    index.close()
    assert hits >= 0.98 * 250


def test_superseded_and_forgotten_lessons_leave_it(tmp_path: Path) -> None:
    fill(tmp_path / "m.db", [])
    with Store(tmp_path / "m.db") as store, Knowledge(store, embedder=HashingEmbedder()) as knowledge:
        rows = {row["text"]: row["id"] for row in knowledge.lessons()}
        knowledge.forget(rows[TEXTS[0]])
        knowledge.learnings.change(rows[TEXTS[1]], superseded_by=rows[TEXTS[2]])
        found = knowledge.search("volume spikes", 10)
        assert not found.exact and {row["text"] for row in found.results} == set(TEXTS[2:])
        assert knowledge.index.nearest(knowledge.embedder.embed(["x"])[0], 10) is not None
        assert len(knowledge.index.nearest(knowledge.embedder.embed(["x"])[0], 10) or []) == 2
        assert {r["text"] for r in knowledge.search("volume", 10, Scope(history=True)).results} == set(
            TEXTS[1:]
        )
