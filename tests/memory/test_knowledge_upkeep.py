"""Keeping lessons in order: merged, superseded, contradicted; a second pass changes nothing."""

from pathlib import Path

import pytest

from memory.embeddings import HashingEmbedder
from memory.knowledge import Knowledge
from memory.knowledge_lesson import lesson_from, moment
from memory.knowledge_scope import Scope
from memory.knowledge_upkeep import agree, maintain, overlap
from memory.store import Store


@pytest.fixture
def knowledge(tmp_path: Path) -> Knowledge:
    with Store(tmp_path / "mendel.db") as store, Knowledge(store, embedder=HashingEmbedder()) as opened:
        yield opened  # type: ignore[misc]


def add(knowledge: Knowledge, text: str, **fields: object) -> str:
    return str(knowledge.add(lesson_from({"text": text, **fields}))[0]["id"])


def texts(knowledge: Knowledge) -> list[str]:
    return [row["text"] for row in knowledge.lessons()]


def test_wordings_of_one_lesson_become_one(knowledge: Knowledge) -> None:
    first = add(
        knowledge,
        "Volume spikes fade within 60 minutes on ETH",
        symbols=["ETHUSDT"],
        provenance={"ledger": [1]},
    )
    second = add(
        knowledge,
        "Volume spikes fade within 60 minutes, on ETH!",
        symbols=["ETHUSDT"],
        provenance={"ledger": [2]},
    )
    add(knowledge, "Volume spikes fade within 90 minutes on ETH", symbols=["ETHUSDT"])
    add(knowledge, "Volume spikes fade within 60 minutes on ETH", symbols=["SOLUSDT"])
    done = maintain(knowledge)
    assert done.merged == [(second, first)] and len(texts(knowledge)) == 3
    assert knowledge.learnings.required(first)["provenance"] == {"ledger": [1, 2]}
    again = maintain(knowledge)
    assert (again.merged, again.superseded, again.contradicted) == ([], [], [])


def test_a_newer_result_that_agrees_supersedes_and_one_that_does_not_contradicts(
    knowledge: Knowledge,
) -> None:
    shared = {"claim": "spikes fade", "unit": "bps"}
    old = add(
        knowledge, "first", **shared, symbols=["ETHUSDT"], effect=3, n=40, outcome="2024-01-01", holds=True
    )
    new = add(
        knowledge, "second", **shared, symbols=["ETHUSDT"], effect=2, n=90, outcome="2024-06-01", holds=True
    )
    anti = add(
        knowledge, "third", **shared, symbols=["ETH"], effect=-4, n=90, outcome="2024-09-01", holds=False
    )
    add(
        knowledge,
        "elsewhere",
        **shared,
        symbols=["SOLUSDT"],
        effect=-4,
        n=9,
        outcome="2024-09-01",
        holds=False,
    )
    done = maintain(knowledge)
    assert done.superseded == [(old, new)] and done.contradicted == [(new, anti)]
    assert set(texts(knowledge)) == {"second", "third", "elsewhere"}
    assert knowledge.learnings.required(anti)["contradicts"] == [new]
    then = knowledge.search("first", 5, Scope(as_of=moment("2024-02-01"))).results
    assert [row["text"] for row in then] == ["first"]  # as it stood then


def test_a_smaller_sample_does_not_replace_a_larger_one(knowledge: Knowledge) -> None:
    for n, day in ((900, "2024-01-01"), (20, "2024-06-01")):
        add(knowledge, f"n {n}", claim="c", holds=True, n=n, outcome=day)
    assert maintain(knowledge).superseded == [] and len(texts(knowledge)) == 2


def test_what_expired_is_named(knowledge: Knowledge) -> None:
    gone = add(knowledge, "old fee tier", valid_to="2024-01-01")
    assert maintain(knowledge).expired == [gone] and texts(knowledge) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"holds": True}, {"holds": False}, False),
        ({"holds": True}, {"holds": True}, True),
        ({"effect": 2, "unit": "bps"}, {"effect": -1, "unit": "bps"}, False),
        ({"effect": 2, "unit": "bps"}, {"effect": -1, "unit": "sd"}, None),
        ({"effect": 0, "unit": "bps"}, {"effect": -1, "unit": "bps"}, None),
        ({}, {"holds": True}, None),
    ],
)
def test_when_two_results_agree(one: dict[str, object], other: dict[str, object], same: bool | None) -> None:
    assert agree(one, other) is agree(other, one) is same


def test_a_lesson_about_everything_overlaps_with_all() -> None:
    everywhere, eth, sol = ({"symbols": s, "regimes": []} for s in ([], ["ETHUSDT"], ["SOL"]))
    assert overlap(everywhere, eth) and overlap(eth, eth) and not overlap(eth, sol)
