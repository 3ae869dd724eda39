"""Goals: what words become, how they are kept, and what they put first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.goals import GoalError, add_goal, goals_of_cycle, parse_goal, steer, symbols_in, touches
from memory.errors import MemoryStoreError
from memory.goals import Goals
from memory.store import Store
from tools.contracts import Finding, Severity
from tools.records import finding_json

MARKETS = ["BTCUSDT", "ETHUSDT", "LINKUSDT", "TONUSDT"]


def finding(identity: str, *starved: str) -> Finding:
    return Finding(
        identity,
        "absolute_threshold",
        Severity.HIGH,
        "a.py",
        3,
        "it",
        {"bars": 3},
        None,
        {"starved": list(starved)},
    )


@pytest.mark.parametrize(
    ("text", "symbols", "metric", "constraint", "budget"),
    [
        ("make TON trade", ["TONUSDT"], "trades", None, None),
        (
            "raise sharpe on eth within 3 cycles but never touch BTC",
            ["ETHUSDT"],
            "sharpe",
            "but never touch BTC",
            {"cycles": 3},
        ),
        ("trade more without raising drawdown", [], "trades", "without raising drawdown", None),
        ("cut fees on ETH/USDT for $2.5", ["ETHUSDT"], "costs", None, {"usd": 2.5}),
        ("better win rate in 20k tokens", [], "win_rate", None, {"tokens": 20000}),
        ("look after LINK", ["LINKUSDT"], None, None, None),
    ],
)
def test_what_a_goal_says(text: str, symbols: list[str], metric: str, constraint: str, budget: Any) -> None:
    goal = parse_goal(text, MARKETS)
    shown = {"target": text, "symbols": symbols, "metric": metric, "constraint": constraint, "budget": budget}
    assert {name: goal[name] for name in shown} == shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("be nice", "can be measured"),
        ("make FOO trade", "FOO is not in"),
        ("x" * 500, "500 letters"),
    ],
)
def test_what_is_no_goal_gets_one_line(text: str, words: str) -> None:
    with pytest.raises(GoalError, match=words) as caught:
        parse_goal(text, MARKETS)
    assert "\n" not in str(caught.value)


def test_words_are_no_markets() -> None:
    assert symbols_in("link the near things to a dot", [*MARKETS, "NEARUSDT", "DOTUSDT"]) == []
    assert symbols_in("LINK and ton, btcusdt", MARKETS) == ["LINKUSDT", "TONUSDT", "BTCUSDT"]
    assert symbols_in("make TON trade", []) == ["TON"]


def test_a_goal_is_kept_once_and_lives_through_its_states(tmp_path: Path) -> None:
    with Store(tmp_path / "mendel.db") as store:
        goals = Goals(store)
        first = add_goal(store, "make TON trade", MARKETS)
        assert add_goal(store, "Make TON trade", MARKETS)["id"] == first["id"]
        assert goals.set_status(first["id"][:4], "dropped")["status"] == "dropped"
        again = add_goal(store, "make TON trade", MARKETS)
        assert again["id"] != first["id"] and len(goals.list()) == 2
        with pytest.raises(MemoryStoreError, match="not known"):
            goals.get("zz")
        with pytest.raises(MemoryStoreError, match="no status"):
            goals.set_status(again["id"], "won")


def test_an_active_goal_puts_its_findings_first_and_a_paused_one_does_not(tmp_path: Path) -> None:
    btc, ton, none = finding("b", "BTCUSDT"), finding("t", "TONUSDT"), finding("n")
    with Store(tmp_path / "mendel.db") as store:
        goal = add_goal(store, "make TON trade", MARKETS)
        documents = [finding_json(f) for f in (btc, none, ton)]
        assert steer(Goals(store).list(), [btc, none, ton]) == [ton, btc, none]
        assert goals_of_cycle(store, documents)[0]["touched"] == ["t"]
        Goals(store).set_status(goal["id"], "paused")
        assert steer(Goals(store).list(), [btc, none, ton]) == [btc, none, ton]
        assert goals_of_cycle(store, documents)[0]["touched"] == []
        Goals(store).set_status(goal["id"], "done")
        assert goals_of_cycle(store, documents) == []


def test_a_goal_for_a_measure_is_about_every_symbol() -> None:
    more = {**parse_goal("more trades", MARKETS), "status": "active"}
    assert touches(more, finding_json(finding("t", "TONUSDT")))
    assert not touches(more, finding_json(finding("n")))
    assert touches(
        {**parse_goal("TON must trade", []), "status": "active"}, finding_json(finding("t", "TONUSDT"))
    )
