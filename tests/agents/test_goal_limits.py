"""What a goal forbids and what it may cost: read from words, held against patches and stores."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.goal_budget import BudgetTextError, budget_of, rest_reason, spent, steering
from agents.goal_rules import finding_refused, kind_refused, reached, rules_of, ruling, told
from agents.goals import Asked, GoalError, add_goal, admit, conditions, goals_of_cycle, parse_goal
from memory.cycles import Cycles
from memory.goals import Goals
from memory.ledger import Ledger
from memory.store import Store
from memory.trials import Trials
from tools.contracts import Finding, Severity

MARKETS = ["BTCUSDT", "ETHUSDT", "TONUSDT"]


def figures(
    trades: int, drawdown: float | None, net: float | None = 0.01, sharpe: float | None = 1.0
) -> dict[str, Any]:
    return {
        "trades": trades,
        "max_drawdown": drawdown,
        "net_return": net,
        "sharpe": sharpe,
        "fees": trades * 0.5,
        "exposure": 0.1,
    }


def patch(**changed: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": "fix",
        "files": ["bot/divergence.py"],
        "diff": "--- a/bot/divergence.py\n+++ b/bot/divergence.py\n@@ -1 +1 @@\n-floor = 1e6\n+floor = level(flow)\n",
        "before": {"symbols": {"TONUSDT": figures(0, None, None, None), "ETHUSDT": figures(100, 0.06)}},
        "after": {"symbols": {"TONUSDT": figures(90, 0.09, -0.02), "ETHUSDT": figures(101, 0.06)}},
    }
    return {**document, **changed}


def goal_with(*constraints: str, symbols: list[str] | None = None) -> dict[str, Any]:
    return {"id": "g1", "status": "active", "symbols": symbols or [], "rules": rules_of(constraints, MARKETS)}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("max drawdown 10%", {"rule": "max", "metric": "drawdown", "value": 0.1, "symbols": []}),
        ("keep drawdown below 0.08", {"rule": "max", "metric": "drawdown", "value": 0.08, "symbols": []}),
        ("drawdown on TON under 5 %", {"rule": "max", "metric": "drawdown", "value": 0.05, "symbols": ["TONUSDT"]}),
        ("at most 200 trades", {"rule": "max", "metric": "trades", "value": 200.0, "symbols": []}),
        ("sharpe at least 1.5", {"rule": "min", "metric": "sharpe", "value": 1.5, "symbols": []}),
        ("without raising drawdown", {"rule": "no_worse", "metric": "drawdown", "symbols": []}),
        ("without more risk", {"rule": "no_worse", "metric": "drawdown", "symbols": []}),
        ("but without fewer trades", {"rule": "no_worse", "metric": "trades", "symbols": []}),
        ("don't touch exits", {"rule": "untouched", "word": "exits", "symbol": False}),
        ("never touch BTC", {"rule": "untouched", "word": "BTCUSDT", "symbol": True}),
        ("leave the exit rules alone", {"rule": "untouched", "word": "exit", "symbol": False}),
        ("do not change config.py", {"rule": "untouched", "word": "config.py", "symbol": False}),
        ("only fixes", {"rule": "kinds", "kinds": ["fix"]}),
        ("no tuning", {"rule": "kinds", "kinds": ["fix", "refactor", "enhancement"]}),
        ("only fixes and refactorings", {"rule": "kinds", "kinds": ["fix", "refactor"]}),
        ("keep it elegant", {"rule": "person"}),
        ("stay calm", {"rule": "person"}),
    ],
)  # fmt: skip
def test_words_become_rules(text: str, rule: dict[str, Any]) -> None:
    assert rules_of([text], MARKETS) == [{**rule, "text": text}]
    assert text in told({**rule, "text": text})


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        ("max drawdown 8%", "drawdown 9 % is above 8 %"),
        ("without raising drawdown", "drawdown 6 % -> 9 %"),
        ("at most 150 trades", "trades 191 is above 150"),
        ("without more costs", "costs 50 -> 95.5"),
        ("without less profit", "profit 1 % -> -0.5 %"),
        ("sharpe at least 1.5", "sharpe 1 is below 1.5"),
        ("don't touch the divergence", "it changes bot/divergence.py"),
        ("don't touch the floor", "it changes the line `floor = 1e6`"),
        ("don't touch TON", "figures of TONUSDT change"),
        ("only refactoring", "it is a fix"),
    ],
)
def test_a_patch_that_breaks_a_constraint_is_refused_with_its_reason(constraint: str, words: str) -> None:
    said = ruling([goal_with(constraint)], patch())
    assert said.ask == () and len(said.refuse) == 1
    assert words in said.refuse[0] and constraint in said.refuse[0] and "g1" in said.refuse[0]


@pytest.mark.parametrize(
    "constraint",
    ["max drawdown 10%", "drawdown on ETH under 7%", "at most 191 trades", "don't touch exits", "don't touch BTC", "only fixes", "no tuning"],
)  # fmt: skip
def test_a_patch_that_keeps_it_is_not(constraint: str) -> None:
    said = ruling([goal_with(constraint)], patch())
    assert said.refuse == said.ask == ()


def test_what_is_not_known_or_not_measured_is_asked_and_never_passed() -> None:
    blind = patch(after={"symbols": {"TONUSDT": figures(0, None), "ETHUSDT": figures(101, None)}})
    assert "not known" in ruling([goal_with("max drawdown 10%")], blind).ask[0]
    assert "a person decides" in ruling([goal_with("keep it elegant")], patch()).ask[0]
    assert "win_rate is not known" in ruling([goal_with("win rate at least 40%")], patch()).ask[0]


def test_figures_bind_the_patches_of_the_goals_symbols_alone() -> None:
    strict = goal_with("max drawdown 1%", "don't touch the floor", symbols=["BTCUSDT"])
    said = ruling([strict], patch())
    assert len(said.refuse) == 1 and "floor" in said.refuse[0]
    assert len(ruling([{**strict, "symbols": ["TONUSDT"]}], patch()).refuse) == 2


def test_comments_and_like_words_are_no_touch() -> None:
    diff = "+++ b/a.py\n+x = 1  # exits stay\n+existing = 2\n"
    assert not ruling([goal_with("don't touch exits")], patch(files=["a.py"], diff=diff)).refuse
    for line in ("+exit_long = 1", "-params.max_exit = 2", "+row['exits'] = 3"):
        assert ruling(
            [goal_with("don't touch exits")], patch(files=["a.py"], diff=f"+++ b/a.py\n{line}\n")
        ).refuse


@given(st.floats(0, 0.5), st.floats(0.001, 0.5))
def test_a_limit_is_a_limit(drawdown: float, limit: float) -> None:
    goal = {
        **goal_with(),
        "rules": [{"rule": "max", "metric": "drawdown", "value": limit, "symbols": [], "text": "t"}],
    }
    after = {"symbols": {"TONUSDT": figures(9, drawdown)}}
    assert bool(ruling([goal], patch(after=after)).refuse) == (drawdown > limit + 1e-9)


def finding(identity: str, file: str, *starved: str) -> Finding:
    return Finding(
        identity,
        "absolute_threshold",
        Severity.HIGH,
        file,
        3,
        "it",
        {"bars": 3},
        None,
        {"starved": list(starved)},
    )


def test_a_goal_admits_ranks_and_forbids() -> None:
    exits, ton, other = (
        finding("e", "bot/exits.py"),
        finding("t", "bot/a.py", "TONUSDT"),
        finding("o", "bot/b.py", "BTCUSDT"),
    )
    goal = {**parse_goal("make TON trade, don't touch exits", MARKETS), "id": "g1", "status": "active"}
    admitted = admit([goal], [exits, other, ton])
    assert [f.id for f in admitted.findings] == ["t", "o"] and "exits.py" in admitted.refused["e"]
    assert admit([{**goal, "status": "paused"}], [exits, other]).findings == (exits, other)
    only = {**goal, "rules": rules_of(["no fixes"])}
    assert admit([only], [ton]).findings == () and "it is a fix" in admit([only], [ton]).refused["t"]
    assert kind_refused([goal_with("only fixes")], "tuning") == "goal g1 (only fixes): it is a tuning"
    assert kind_refused([goal_with("only fixes")], "fix") is None
    assert finding_refused([goal_with("don't touch BTC")], {"file": "bot/btc.py"}) is None


# -- budgets --------------------------------------------------------------------------------------------
@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "mendel.db") as opened:
        yield opened


def test_budgets_are_read_and_bad_ones_told() -> None:
    today = datetime(2026, 1, 30, tzinfo=UTC).date()
    found = budget_of(["3 cycles", "2k trials", "$2.5", "50k tokens", "2 weeks"], today)
    assert found == {"cycles": 3, "trials": 2000, "usd": 2.5, "tokens": 50_000, "until": "2026-02-13"}
    assert budget_of(["until 2026-03-01"]) == {"until": "2026-03-01"}
    for bad in ("lots", "3", "2026-13-01", "-2 cycles"):
        with pytest.raises(BudgetTextError):
            budget_of([bad])


@pytest.mark.parametrize(("kind", "why"), [("cycles", "2 of 2 cycles"), ("trials", "2 of 2 trials"), ("tokens", "30 of 30 tokens"), ("usd", "0.5 of 0.5 dollars")])  # fmt: skip
def test_what_was_used_since_the_goal_was_set_uses_it_up(store: Store, kind: str, why: str) -> None:
    ledger = Ledger(store)

    def spend(k: int) -> None:
        Cycles(store).start(f"c{k}")
        Trials(store).log("b", "dev", {})
        ledger.append("model_call", {"scope": "c", "tokens_in": 10, "tokens_out": 5, "usd": 0.25})

    spend(0)  # before the goal: it does not count
    goal = add_goal(store, "make TON trade", MARKETS, Asked(budgets=({"cycles": "2 cycles", "trials": "2 trials", "tokens": "30 tokens", "usd": "$0.5"}[kind],)))  # fmt: skip
    assert spent(store, ledger, goal).used == {kind: 0} and rest_reason(store, ledger) is None
    spend(1)
    assert not spent(store, ledger, goal).why and steering(store, ledger) == Goals(store).list()
    spend(2)
    assert why in spent(store, ledger, goal).why and steering(store, ledger) == []
    assert why in str(rest_reason(store, ledger)) and goal["id"] in str(rest_reason(store, ledger))
    assert goals_of_cycle(store, [])[0]["spent"]
    add_goal(store, "make ETH trade", MARKETS)  # one that is not used up is enough to go on
    assert rest_reason(store, ledger) is None and len(steering(store, ledger)) == 1


def test_the_last_day_is_included(store: Store) -> None:
    goal = add_goal(store, "make TON trade", MARKETS, Asked(budgets=("2026-03-01",)))
    ledger, last = Ledger(store), datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    assert not spent(store, ledger, goal, last).why
    assert "2026-03-01" in spent(store, ledger, goal, last + timedelta(minutes=1)).why


def test_without_goals_or_budgets_the_loop_goes_on(store: Store) -> None:
    assert rest_reason(store, Ledger(store)) is None
    add_goal(store, "make TON trade", MARKETS)
    assert rest_reason(store, Ledger(store)) is None


def test_setting_a_goal_again_with_another_budget_counts_anew(store: Store) -> None:
    first = add_goal(store, "make TON trade", MARKETS, Asked(budgets=("1 cycles",)))
    Cycles(store).start("c1")
    assert rest_reason(store, Ledger(store))
    again = add_goal(store, "make TON trade", MARKETS, Asked(budgets=("2 cycles",)))
    assert again["id"] == first["id"] and rest_reason(store, Ledger(store)) is None
    same = add_goal(store, "make TON trade", MARKETS, Asked(budgets=("2 cycles",)))
    assert same["created"] == again["created"]


def test_what_is_asked_beside_the_words() -> None:
    goal = parse_goal(
        "do better",
        MARKETS,
        Asked(("ton", "BTC"), "win-rate", "55%", ("max drawdown 10%", "only fixes"), ("3 cycles", "$2")),
    )
    assert (
        goal["symbols"] == ["TONUSDT", "BTCUSDT"] and goal["metric"] == "win_rate" and goal["reach"] == 0.55
    )
    assert [r["rule"] for r in goal["rules"]] == ["max", "kinds"] and goal["budget"] == {
        "cycles": 3,
        "usd": 2.0,
    }
    assert len(conditions(goal)) == 3
    for asked in (Asked(("FOO",)), Asked(metric="beauty"), Asked(metric="sharpe", reach="high")):
        with pytest.raises(GoalError):
            parse_goal("do better", MARKETS, asked)


@pytest.mark.parametrize(
    ("text", "symbols", "metric", "reach", "rules"),
    [
        ("get drawdown under 10% on eth and don't touch exits", ["ETHUSDT"], "drawdown", 0.1, ["untouched"]),
        ("keep drawdown below 8 %", [], "drawdown", 0.08, []),
        ("raise the sharpe to 1.5 without more drawdown", [], "sharpe", 1.5, ["no_worse"]),
        ("make TON trade but keep drawdown under 10%", ["TONUSDT"], "trades", None, ["max"]),
        ("win rate above 55% on BTC", ["BTCUSDT"], "win_rate", 0.55, []),
    ],
)
def test_what_to_reach_is_no_constraint(
    text: str, symbols: list[str], metric: str, reach: float | None, rules: list[str]
) -> None:
    goal = parse_goal(text, MARKETS)
    assert (goal["symbols"], goal["metric"], goal["reach"]) == (symbols, metric, reach)
    assert [r["rule"] for r in goal["rules"]] == rules


def test_a_goal_is_reached_by_its_figure() -> None:
    goal = parse_goal("drawdown under 7%", MARKETS)
    assert (
        reached(goal, patch()["before"]["symbols"]) is True
        and reached(goal, patch()["after"]["symbols"]) is False
    )
    assert reached(goal, {"TONUSDT": figures(0, None)}) is None
    assert reached(parse_goal("make TON trade", MARKETS), {}) is None


def test_a_goals_own_words_hold_several_constraints() -> None:
    goal = parse_goal(
        "make TON trade without raising drawdown and don't touch exits within 4 cycles", MARKETS
    )
    assert [r["rule"] for r in goal["rules"]] == ["no_worse", "untouched"] and goal["budget"] == {"cycles": 4}
