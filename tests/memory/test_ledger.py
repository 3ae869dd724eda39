"""The ledger: append-only, chained, and every kind of tampering is seen and placed."""

import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.errors import MemoryStoreError
from memory.ledger import Ledger, entry_hash
from memory.store import Store

ROOT = Path(__file__).parents[2]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Store(tmp_path / "mendel.db") as store:
        yield Ledger(store)


def filled(ledger: Ledger, count: int = 5) -> Ledger:
    for n in range(count):
        ledger.append("trial", {"n": n})
    return ledger


def tamper(path: Path, *statements: str) -> None:
    """Change the file behind the ledger's back, its triggers taken away."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for name in ("update", "delete", "replace"):
            connection.execute(f"DROP TRIGGER ledger_no_{name}")
        for statement in statements:
            connection.execute(statement)


def test_entries_are_chained_and_filtered(ledger: Ledger) -> None:
    first = ledger.append("hypothesis", {"text": "é"})
    second = ledger.append("trial", [1, None])
    assert (first.seq, second.seq, second.prev) == (1, 2, first.hash)
    assert first.hash == entry_hash(1, first.time, "hypothesis", {"text": "é"}, "0" * 64)
    assert ledger.entries() == [first, second]
    assert (
        ledger.entries("trial") == [second]
        and ledger.entries(after=1) == [second]
        and ledger.entries(limit=1) == [first]
    )
    assert ledger.verify().ok and ledger.verify().entries == 2


def test_an_empty_ledger_is_whole(ledger: Ledger) -> None:
    assert ledger.verify().ok


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger SET kind = 'x' WHERE seq = 2",
        "DELETE FROM ledger",
        "INSERT OR REPLACE INTO ledger SELECT seq, time, 'x', body, prev, 'new' FROM ledger WHERE seq = 2",
    ],
)
def test_the_store_refuses_to_change_it(ledger: Ledger, sql: str) -> None:
    filled(ledger)
    with pytest.raises(MemoryStoreError, match="append-only"):
        ledger.store.write(sql)
    assert ledger.verify().ok


SWAP = [
    "UPDATE ledger SET seq = 99 WHERE seq = 2",
    "UPDATE ledger SET seq = 2 WHERE seq = 3",
    "UPDATE ledger SET seq = 3 WHERE seq = 99",
]


@pytest.mark.parametrize(
    ("statements", "broken_at", "words"),
    [
        (["UPDATE ledger SET body = '{\"n\":7}' WHERE seq = 3"], 3, "edited"),
        (["UPDATE ledger SET body = '{\"n\": 2}' WHERE seq = 3"], 3, "edited"),
        (["UPDATE ledger SET body = '{' WHERE seq = 3"], 3, "no JSON"),
        (["UPDATE ledger SET time = '2020' WHERE seq = 1"], 1, "edited"),
        (["DELETE FROM ledger WHERE seq = 2"], 2, "missing"),
        (["DELETE FROM ledger WHERE seq >= 4"], 4, "the last are missing"),
        (["DELETE FROM ledger", "DELETE FROM ledger_head"], 1, "the last are missing"),
        (SWAP, 2, "does not follow"),
        (["UPDATE ledger SET seq = -1 WHERE seq = 1"], 1, "missing"),
        (["UPDATE ledger_head SET hash = 'x'"], 5, "rewritten"),
        (["DELETE FROM ledger_head"], 5, "does not know"),
    ],
)
def test_tampering_is_seen_and_placed(
    tmp_path: Path, statements: list[str], broken_at: int, words: str
) -> None:
    path = tmp_path / "mendel.db"
    with Store(path) as store:
        filled(Ledger(store))
    tamper(path, *statements)
    with Store(path) as store:
        check = Ledger(store).verify()
    assert not check.ok and check.broken_at == broken_at and words in check.why


def test_a_tail_cut_off_with_the_table_mended_is_seen_by_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mendel.db"
    with Store(path) as store:
        kept = filled(Ledger(store)).entries()[2]
    tamper(
        path, "DELETE FROM ledger WHERE seq > 3", f"UPDATE ledger_head SET entries = 3, hash = '{kept.hash}'"
    )
    with Store(path) as store:
        ledger = Ledger(store)
        check = ledger.verify()
        assert not check.ok and check.broken_at == 4 and "mendel.db.head" in check.why
        ledger.head_file.write_text("{}")
        assert not ledger.verify().ok


def test_a_file_that_lags_after_a_crash_is_no_alarm(ledger: Ledger) -> None:
    filled(ledger, 2)
    old = ledger.head_file.read_text()
    filled(ledger, 3)
    ledger.head_file.write_text(old)
    assert ledger.verify().ok


def test_an_entry_goes_with_its_transaction(ledger: Ledger) -> None:
    filled(ledger, 1)
    with pytest.raises(ZeroDivisionError), ledger.store.transaction():
        ledger.append("approval", {})
        raise ZeroDivisionError
    assert len(ledger.entries()) == 1 and ledger.verify().ok
    assert json.loads(ledger.head_file.read_text())["entries"] == 1


def test_processes_that_append_at_once_stay_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "mendel.db"
    script = (
        "import sys; from pathlib import Path; from memory.store import Store; from memory.ledger import Ledger\n"
        "ledger = Ledger(Store(Path(sys.argv[1])))\n"
        "for n in range(25): ledger.append(sys.argv[2], {'n': n})\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(path), name], cwd=ROOT) for name in "abc"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    with Store(path) as store:
        ledger = Ledger(store)
        assert ledger.verify() == type(ledger.verify())(True, 75)
        for name in "abc":
            assert [entry.body["n"] for entry in ledger.entries(name)] == list(range(25))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), JSON), min_size=1, max_size=6), st.data())
def test_any_bodies_verify_and_any_single_change_is_seen(
    entries: list[tuple[str, object]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mendel.db"
        with Store(path) as store:
            ledger = Ledger(store)
            written = [ledger.append(kind, body) for kind, body in entries]
            assert ledger.verify().ok and ledger.entries() == written
        victim = data.draw(st.integers(1, len(entries)))
        column = data.draw(st.sampled_from(["time", "kind", "body", "prev", "hash"]))
        tamper(path, f"UPDATE ledger SET {column} = {column} || ' ' WHERE seq = {victim}")
        with Store(path) as store:
            check = Ledger(store).verify()
        assert not check.ok and check.broken_at == victim
