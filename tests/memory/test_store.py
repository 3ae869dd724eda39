"""The store: migrations, transactions, effects that happen once, and errors in one line."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from memory.cycles import Cycles
from memory.errors import MemoryStoreError
from memory.findings import Findings
from memory.learnings import Learnings
from memory.migrations import MIGRATIONS
from memory.patches import Patches
from memory.store import Store
from memory.trials import Trials


@pytest.fixture
def store(tmp_path: Path) -> Store:
    with Store(tmp_path / "mendel.db") as opened:
        yield opened  # type: ignore[misc]


def test_opening_twice_keeps_what_was_written(tmp_path: Path) -> None:
    for value in (None, 1):
        with Store(tmp_path / "deep/er/mendel.db") as store:
            assert store.setting("x") == value
            store.set_setting("x", 1)
            assert store.row("PRAGMA user_version")[0] == len(MIGRATIONS)  # type: ignore[index]


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mendel.db"
    Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(MemoryStoreError, match="written by a newer Mendel") as caught:
        Store(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"not a database at all" * 60, b"SQLite format 3\0" + b"\xff" * 2000])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mendel.db").write_bytes(content)
    with pytest.raises(MemoryStoreError, match=r"mendel\.db: .*; move the damaged file away"):
        Store(tmp_path / "mendel.db")


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MemoryStoreError, match="file"):
        Store(tmp_path / "file" / "mendel.db")


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.set_setting("a", 1)
        with store.transaction():
            store.set_setting("b", 1)
        raise ZeroDivisionError
    assert store.setting("a") is None and store.setting("b") is None
    store.set_setting("a", 2)
    assert store.setting("a") == 2


def test_an_effect_happens_once(store: Store) -> None:
    calls: list[int] = []

    def produce() -> object:
        calls.append(1)
        store.set_setting("n", len(calls))
        return {"n": len(calls)}

    assert [store.once("c", "node", "k", produce) for _ in range(3)] == [{"n": 1}] * 3
    assert store.once("c", "node", "other", produce) == {"n": 2}
    assert calls == [1, 1]


def test_an_effect_that_fails_may_be_tried_again_and_left_nothing(store: Store) -> None:
    def fails() -> object:
        store.set_setting("half", True)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.once("c", "n", "k", fails)
    assert store.setting("half") is None
    assert store.once("c", "n", "k", lambda: 7) == 7


def test_an_effect_killed_in_the_middle_happens_once_afterwards(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from memory.store import Store\n"
        "store = Store(Path(sys.argv[1]))\n"
        "def produce():\n    store.set_setting('seen', True)\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "store.once('c', 'n', 'k', produce)\n"
    )
    path = tmp_path / "mendel.db"
    killed = subprocess.run([sys.executable, "-c", script, str(path)], cwd=Path(__file__).parents[2])
    assert killed.returncode == -9
    with Store(path) as store:
        assert store.setting("seen") is None
        assert store.once("c", "n", "k", lambda: "done") == "done"


def test_what_is_no_json_is_refused(store: Store) -> None:
    for value in (float("nan"), {1, 2}, b"x"):
        with pytest.raises(MemoryStoreError, match="cannot be kept as JSON"):
            store.set_setting("x", value)


def test_cycles(store: Store) -> None:
    cycles = Cycles(store)
    assert cycles.start("one", {"target": "trades"})["status"] == "running"
    assert cycles.start("one", "ignored")["goal"] == {"target": "trades"}
    done = cycles.finish("one", "done", {"patches": 1})
    assert done["ended"] >= done["started"] and done["summary"] == {"patches": 1}
    cycles.start("two")
    assert [row["id"] for row in cycles.list()] == ["two", "one"]
    assert [row["id"] for row in cycles.list("done")] == ["one"]
    with pytest.raises(MemoryStoreError, match="'three' is not known"):
        cycles.finish("three", "done")


def test_findings_need_their_cycle_and_the_newest_is_found(store: Store) -> None:
    findings = Findings(store)
    with pytest.raises(MemoryStoreError, match="FOREIGN KEY"):
        findings.save("nowhere", {"id": "f", "category": "scale"})
    for cycle in ("one", "two"):
        Cycles(store).start(cycle)
        findings.save(cycle, {"id": "f", "category": "scale", "cycle": cycle})
    assert findings.get("f") == {"id": "f", "category": "scale", "cycle": "two"}
    assert len(findings.of_cycle("one")) == 1 and findings.get("g") is None


def test_patches(store: Store) -> None:
    patches = Patches(store)
    Cycles(store).start("c")
    for name in ("p-10", "p-11"):
        patches.save({"id": name, "kind": "fix", "status": "proposed", "digest": "d", "diff": "x"}, "c")
    assert patches.set_status("p-10", "applied")["status"] == "applied"
    assert patches.get("p-10") == {
        "id": "p-10",
        "kind": "fix",
        "status": "applied",
        "digest": "d",
        "diff": "x",
    }
    assert [row["id"] for row in patches.list(cycle="c")] == ["p-10", "p-11"]
    assert [row["id"] for row in patches.list("proposed")] == ["p-11"]
    for wrong in ("p-1", "zzz", ""):
        with pytest.raises(MemoryStoreError, match=r"fits several|is not known"):
            patches.get(wrong)


def test_learnings_and_trials(store: Store) -> None:
    learnings, trials = Learnings(store), Trials(store)
    first = learnings.add("volume is scaled", "principle", body={"effect": 1.5, "id": "not this"})
    assert learnings.add("volume is scaled", "principle") == first and first["effect"] == 1.5
    assert learnings.get(first["id"]) == first and learnings.list(kind="other") == []
    for n in range(3):
        trials.log("bundle", "dev" if n else "confirm", {"sharpe": None})
    assert (trials.count(), trials.count("dev"), len(trials.list("bundle"))) == (3, 2, 3)
