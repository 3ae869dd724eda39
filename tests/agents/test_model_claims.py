"""Claims are checked against facts; answers are parsed from whatever surrounds them; a script stands in for a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agents.choices import ModelChoices
from agents.claims import check, claims_cause, sentences
from agents.model import ModelError
from agents.model_parse import UnusableAnswer, parse_answer
from agents.prompts import ROLES, PromptError, prompt
from agents.scripted import ScriptedModel
from memory.goals import Goals
from memory.ledger import Ledger
from memory.store import Store
from tools.contracts import Finding, Severity

FACTS: dict[str, Any] = {
    "symbol": "TONUSDT",
    "trades": 210,
    "edge_bps": -13.24,
    "share": 0.0045,
    "file": "squeeze/rules.py",
    "line": 41,
    "condition": "flow > 1e6",
    "patch": "1a2b3c4d5e",
    "until": "2025-06-01T00:00:00+00:00",
    "gates": ["a", "b", "c"],
}


@pytest.mark.parametrize(
    "text",
    [
        "TONUSDT has 210 trades; TON lost 13 bps each (-13.24).",
        "0.45 % of bars pass rules.py:41, or squeeze/rules.py:41.",
        "Its `flow > 1e6` is 1,000,000. Patch 1a2b3c4d5e passed 3 gates until 2025-06-01.",
        "1. First\n2. Second",
        "No number at all.",
    ],
)
def test_what_the_facts_hold_stands(text: str) -> None:
    assert check(text, FACTS).text == text


@pytest.mark.parametrize(
    ("text", "struck"),
    [
        ("XRPUSDT has 211 trades", ("XRPUSDT", "211")),
        ("SOL made +13 bps", ("SOL", "+13 bps")),
        ("see foo.py and rules.py:42", ("foo.py", "rules.py:42")),
        ("patch deadbeef12 until 2025-07-01", ("deadbeef12", "2025-07-01")),
        ("13.3 bps, 45 % of bars, 15m", ("13.3 bps", "45 %", "15m")),
    ],
)
def test_what_they_do_not_hold_is_struck_and_counted(text: str, struck: tuple[str, ...]) -> None:
    seen = check(text, FACTS)
    assert seen.struck == struck and all(f"~~{s}~~" in seen.text for s in struck)
    assert seen.checked >= len(struck)


@given(st.lists(st.integers(0, 10**9), max_size=5), st.integers(0, 10**9))
def test_a_whole_number_stands_only_where_a_fact_has_it(facts: list[int], said: int) -> None:
    held = {*facts, len(facts), 1}  # the list's own length, and the one key
    assert (not check(f"there were {said} of them", {"n": facts}).struck) == (said in held)


@given(st.text(max_size=80))
def test_whatever_is_written_can_be_checked(text: str) -> None:
    assert check(text, FACTS).text.replace("~~", "") == text.replace("~~", "")


@given(st.lists(st.text(alphabet="ab. \n!?1", max_size=6), max_size=12))
def test_sentences_lose_nothing(pieces: list[str]) -> None:
    assert "".join(sentences(pieces)) == "".join(pieces)


def test_causes_are_heard() -> None:
    assert claims_cause("It lost because of fees") and not claims_cause("It lost 3 bps after fees")


class Pick(BaseModel):
    """An answer."""

    id: str


@given(st.text(max_size=40), st.text(alphabet="xyz .\n`", max_size=20))
def test_an_answer_is_found_among_words(identity: str, words: str) -> None:
    answer = Pick(id=identity)
    assert parse_answer(words + answer.model_dump_json() + words, Pick) == answer


@pytest.mark.parametrize(
    "text", ["", "{" * 5000, "[1]", "null", '{"id": null}', "{" * 300 + '"id"', '{"a": ' * 2000]
)
def test_what_is_no_answer_is_told_quickly(text: str) -> None:
    with pytest.raises(UnusableAnswer):
        parse_answer(text, Pick)


def test_every_role_has_a_prompt() -> None:
    for role in ROLES:
        assert prompt(role).startswith("# ") and "facts" in prompt(role).lower()
    with pytest.raises(PromptError, match="not found"):
        prompt("poet")


def finding(identity: str, starved: list[str]) -> Finding:
    return Finding(
        identity,
        "absolute_threshold",
        Severity.HIGH,
        "a.py",
        3,
        "it",
        {"bars": 3},
        None,
        {"starved": starved},
    )


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with Store(tmp_path / "mendel.db") as opened:
        yield opened


ONE, TWO = finding("aaa1", ["XRPUSDT", "SOLUSDT"]), finding("bbb2", ["TONUSDT"])


def ranked(store: Store, *lines: Any, cycle: str = "c") -> tuple[list[str], dict[str, Any]]:
    choices = ModelChoices(ScriptedModel({"scientist.rank": list(lines)}), store, Ledger(store))
    order = [f.id for f in choices.rank(cycle, [ONE, TWO])]
    return order, Ledger(store).entries(kind="choice")[-1].body


def test_a_model_ranks_and_goals_still_steer(store: Store) -> None:
    order, note = ranked(store, {"order": ["bbb2", "aaa1"], "why": "it starves TONUSDT"})
    assert order == ["bbb2", "aaa1"] and note["by"] == "scripted"
    Goals(store).add("XRP", {"symbols": ["XRPUSDT"], "metric": None, "constraint": None})
    assert ranked(store, {"order": ["bbb2"], "why": ""}, cycle="d")[0] == ["aaa1", "bbb2"]


@pytest.mark.parametrize(
    "line",
    [
        {"order": ["ccc3", "aaa1"], "why": ""},
        {"order": ["bbb2", "bbb2"], "why": ""},
        {"ranking": []},
        "no idea",
        ModelError("the server is on fire; put it out"),
    ],
)
def test_a_bad_ranking_is_the_playbooks_and_says_so(store: Store, line: Any) -> None:
    order, note = ranked(store, line)
    assert order == ["aaa1", "bbb2"] and note["by"] == "playbook" and note["why"]


def test_a_choice_is_made_once_for_a_cycle(store: Store) -> None:
    """A cycle that is resumed goes on with what the model had chosen."""
    assert ranked(store, {"order": ["bbb2", "aaa1"], "why": ""})[0] == ["bbb2", "aaa1"]
    assert ranked(store, {"order": ["aaa1", "bbb2"], "why": ""})[0] == ["bbb2", "aaa1"]
