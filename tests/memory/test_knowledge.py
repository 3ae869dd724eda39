"""Lessons: one identity for what says the same, scope and outcome dates, forgetting, contradiction."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.embeddings import HashingEmbedder
from memory.errors import MemoryStoreError
from memory.knowledge import Knowledge
from memory.knowledge_lesson import Lesson, asset, lesson_from, moment
from memory.knowledge_scope import Scope
from memory.store import Store


@pytest.fixture
def knowledge(tmp_path: Path) -> Knowledge:
    with Store(tmp_path / "mendel.db") as store, Knowledge(store, embedder=HashingEmbedder()) as opened:
        yield opened  # type: ignore[misc]


def lesson(text: str, **fields: object) -> Lesson:
    return lesson_from({"text": text, **fields})


def found(knowledge: Knowledge, query: str, **scope: object) -> list[str]:
    return [row["text"] for row in knowledge.search(query, 10, Scope(**scope)).results]  # type: ignore[arg-type]


def test_the_nearest_comes_first_with_its_score(knowledge: Knowledge) -> None:
    for text in ("fees eat every scalp", "volume spikes fade", "funding extremes revert"):
        knowledge.add(lesson(text))
    results = knowledge.search("do volume spikes fade?", 2).results
    assert results[0]["text"] == "volume spikes fade" and len(results) == 2
    assert 1 >= results[0]["score"] > results[1]["score"]
    assert knowledge.search("volume spikes fade", 1).results[0]["score"] == pytest.approx(1, abs=1e-5)


def test_the_same_words_about_the_same_scope_are_one_lesson(knowledge: Knowledge) -> None:
    first, new = knowledge.add(lesson("Fees eat  scalps.", symbols=["ETHUSDT"], provenance={"ledger": [1]}))
    again, newer = knowledge.add(
        lesson("fees eat scalps", symbols=["ethusdt"], n=4, provenance={"ledger": [2]})
    )
    other, third = knowledge.add(lesson("fees eat scalps", symbols=["SOLUSDT"]))
    assert (new, newer, third) == (True, False, True) and first["id"] == again["id"] != other["id"]
    assert again["provenance"] == {"ledger": [1, 2]} and again["n"] == 4


def test_a_symbol_is_found_by_what_it_trades(knowledge: Knowledge) -> None:
    knowledge.add(lesson("ton is quiet", symbols=["TONUSDT"], regimes=["Calm"]))
    knowledge.add(lesson("ton is loud", symbols=["ETHUSDT"]))
    knowledge.add(lesson("everything is quiet"))
    assert found(knowledge, "ton", symbols=("TON",)) == ["ton is quiet"]
    either = found(knowledge, "quiet", symbols=("TON/USDT:USDT",), general=True)
    assert sorted(either) == ["everything is quiet", "ton is quiet"]
    assert found(knowledge, "quiet", regimes=("calm",)) == ["ton is quiet"]
    assert found(knowledge, "quiet", symbols=("BTC",)) == []
    assert [asset(s) for s in ("USDT", "ETH-PERP", "1000PEPEUSDC", "ton_usdt")] == [
        "USDT",
        "ETH",
        "1000PEPE",
        "TON",
    ]


def test_negative_results_are_found_as_such(knowledge: Knowledge) -> None:
    knowledge.add(lesson("divergence predicts reversals on SOL", holds=False))
    knowledge.add(lesson("divergence predicts reversals on ETH", holds=True))
    assert found(knowledge, "divergence", holds=False) == ["divergence predicts reversals on SOL"]


def test_only_what_was_known_then(knowledge: Knowledge) -> None:
    old, _ = knowledge.add(lesson("spikes fade: early", outcome="2024-03-01", claim="spikes"))
    new, _ = knowledge.add(lesson("spikes fade: late", outcome="2024-09-01", claim="spikes"))
    knowledge.add(lesson("spikes fade: undated"))  # written down now: unknown in 2024
    knowledge.learnings.change(old["id"], superseded_by=new["id"])
    assert found(knowledge, "spikes fade", as_of=moment("2024-02-29")) == []
    assert found(knowledge, "spikes fade", as_of=moment("2024-03-01")) == ["spikes fade: early"]
    assert found(knowledge, "spikes fade", as_of=moment("2024-03-01T12:00:00Z")) == []
    assert found(knowledge, "spikes fade", as_of=moment("2024-12-31")) == ["spikes fade: late"]
    assert set(found(knowledge, "spikes fade")) == {"spikes fade: late", "spikes fade: undated"}
    assert len(found(knowledge, "spikes fade", history=True)) == 3


def test_validity_ends(knowledge: Knowledge) -> None:
    knowledge.add(lesson("fee tier one applies", valid_to="2024-01-31", outcome="2023-01-01"))
    assert found(knowledge, "fee tier") == []
    assert found(knowledge, "fee tier", as_of=moment("2024-01-30")) == ["fee tier one applies"]
    assert found(knowledge, "fee tier", as_of=moment("2024-02-01")) == []


@settings(max_examples=25, deadline=None)
@given(
    days=st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 400), st.booleans()), min_size=1, max_size=12
    ),
    asked=st.integers(0, 400),
)
def test_nothing_from_the_future_is_ever_found(
    tmp_path_factory: pytest.TempPathFactory, days: list[tuple[int, int, bool]], asked: int
) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    with (
        Store(tmp_path_factory.mktemp("k") / "m.db") as store,
        Knowledge(store, embedder=HashingEmbedder(32)) as knowledge,
    ):
        for number, (outcome, written, dated) in enumerate(days):
            knowledge.add(
                lesson(
                    f"lesson {number}",
                    outcome=(start + timedelta(days=outcome)).isoformat() if dated else None,
                    created=(start + timedelta(days=written)).isoformat(),
                )
            )
        as_of = (start + timedelta(days=asked)).isoformat(timespec="microseconds")
        results = knowledge.search("lesson", 100, Scope(as_of=as_of)).results
        known = [o if dated else w for o, w, dated in days]
        assert {row["text"] for row in results} == {
            f"lesson {i}" for i, day in enumerate(known) if day <= asked
        }


def test_forgotten_lessons_stay_as_history_and_come_back(knowledge: Knowledge) -> None:
    row, _ = knowledge.add(lesson("fees eat scalps"))
    knowledge.search("fees", 1)  # indexed
    assert knowledge.forget(row["id"][:6])[1] and not knowledge.forget(row["id"])[1]
    assert found(knowledge, "fees") == [] and found(knowledge, "fees", history=True) == []
    assert knowledge.learnings.required(row["id"])["forgotten"]
    knowledge.add(lesson("fees eat scalps"))  # an engine finds it again: it stays forgotten
    assert found(knowledge, "fees") == []
    knowledge.add(lesson("fees eat scalps"), revive=True)
    assert found(knowledge, "fees") == ["fees eat scalps"]


def test_contradictions_mark_both(knowledge: Knowledge) -> None:
    one, _ = knowledge.add(lesson("spikes fade"))
    two, _ = knowledge.add(lesson("spikes go on", contradicts=[one["id"]]))
    assert knowledge.learnings.required(one["id"])["contradicts"] == [two["id"]] and two["contradicts"] == [
        one["id"]
    ]
    with pytest.raises(MemoryStoreError, match="is not known"):
        knowledge.add(lesson("neither", contradicts=["nobody"]))
    assert found(knowledge, "neither") and "neither" not in found(knowledge, "neither")
    with pytest.raises(MemoryStoreError, match="cannot contradict itself"):
        knowledge.contradict(one["id"], one["id"])


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "is no JSON object"),
        ({"text": " "}, "needs words"),
        ({"text": "x" * 20_001}, "keep it under 20,000"),
        ({"text": "x\ud800"}, "half a character"),
        ({"text": "x", "kind": "Not a kind"}, "is no name"),
        ({"text": "x", "symbols": [1]}, "no list of names"),
        ({"text": "x", "n": True}, "is no int"),
        ({"text": "x", "effect": float("nan")}, "is no number"),
        ({"text": "x", "outcome": "soon"}, "is no date"),
        ({"text": "x", "provenance": [1]}, "no table of lists"),
    ],
)
def test_what_is_no_lesson_is_told_in_one_line(document: object, told: str) -> None:
    with pytest.raises(MemoryStoreError, match=told) as caught:
        lesson_from(document)
    assert "\n" not in str(caught.value)


def test_an_old_store_gets_identities_and_merges_what_says_the_same(knowledge: Knowledge) -> None:
    for name, created in (("old-a", "2025-01-01"), ("old-b", "2025-01-02")):
        knowledge.store.write(
            "INSERT INTO learnings (id, kind, text, created, body) VALUES (?, 'patch', 'same words', ?, '{}')",
            (name, created),
        )
    assert knowledge.learnings.name_old_ones() == 2 and knowledge.learnings.name_old_ones() == 0
    assert found(knowledge, "same words") == ["same words"]
    assert knowledge.add(lesson("Same words"))[0]["id"] == "old-a"
