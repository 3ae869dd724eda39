"""An account that asks while it holds a position: what comes out is what the kernel makes of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hybrid_account import HybridAccount
from hypothesis import given, settings
from hypothesis import strategies as st
from test_step import make_decisions, make_market

from sandbox.child.callbacks import ANSWER, CONFIRM_ENTRY, EXIT, QUESTION, STOP
from tools.backtest.prepare import prepare
from tools.contracts import Costs, Decisions, Floats

NOTHING = dict.fromkeys(ANSWER, math.nan)


Talk = tuple[list[dict[str, float]], Floats]


def talk(
    account: HybridAccount, table: Floats, answers: dict[int, dict[str, float]] | None = None, seed: int = 0
) -> Talk:
    """Hold a conversation with random answers (or given ones, by bar); questions as dicts, and the decisions."""
    rng = np.random.default_rng(seed)
    conversation, answer = account.conversation(table), None
    asked: list[dict[str, float]] = []
    while True:
        try:
            words = next(conversation) if answer is None else conversation.send(answer)
        except StopIteration as end:
            return asked, end.value
        question = dict(zip(QUESTION, words, strict=True))
        asked.append(question)
        if answers is not None:
            said = answers.get(int(question["bar"]), {})
        elif question["asks"] == CONFIRM_ENTRY:
            said = {"entry": float(rng.random() < 0.7)}
        else:
            said = {"exit": float(rng.random() < 0.1)}
            if int(question["asks"]) & STOP and rng.random() < 0.5:
                said["stop"] = float(rng.random() * 0.05)
        answer = tuple((NOTHING | said).values())


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    asks=st.sampled_from([0, EXIT, CONFIRM_ENTRY, EXIT | CONFIRM_ENTRY, STOP, STOP | EXIT | CONFIRM_ENTRY]),
)
def test_the_decisions_that_come_out_give_the_same_trades(seed: int, asks: int) -> None:
    rng = np.random.default_rng(seed)
    market, values = make_market(rng, 300, 0.02), make_decisions(rng, 300)
    account = HybridAccount(market, Costs(), asks)
    asked, decided = talk(account, values, seed=seed)
    expected = prepare(market, Decisions("X", decided, account.plan), Costs(), 10_000.0).run(Costs())
    closed = expected.ints[expected.ints[:, 3] != 6]
    found = [(t.entry_bar, t.exit_bar, t.side, t.reason) for t in account.account.closed]
    assert found == [tuple(row[:4]) for row in closed.tolist()]
    np.testing.assert_allclose(account.account.equity, expected.equity, rtol=1e-9)
    assert all(int(q["asks"]) & ~asks == 0 and q["asks"] for q in asked)
    assert asks or not asked


def test_a_stop_that_is_raised_rests_from_the_next_bar_on() -> None:
    rng = np.random.default_rng(1)
    market = make_market(rng, 40, 0.02)
    table = np.zeros((40, 1))
    table[5:, 0] = 1.0
    plain = HybridAccount(market, Costs(), STOP)
    asked, _ = talk(plain, table, answers={})
    assert [q["bar"] for q in asked] == list(range(6, 39)) and {q["open_bar"] for q in asked} == {6}
    assert plain.account.closed == []
    close, low = market.columns["close"], market.columns["low"]
    raised = HybridAccount(market, Costs(), STOP)
    talk(raised, table, answers={10: {"stop": 0.001}, 11: {"stop": 0.9}})
    (trade,) = raised.account.closed[:1]
    level = close[10] * 0.999
    first = next(bar for bar in range(11, 40) if low[bar] <= level)
    assert (trade.entry_bar, trade.exit_bar) == (6, first)
    assert trade.exit_price <= level


def test_what_a_question_says() -> None:
    market = make_market(np.random.default_rng(2), 30, 0.02)
    table = np.zeros((30, 1))
    table[3:20, 0] = -0.5
    account = HybridAccount(market, Costs())
    asked, _ = talk(account, table, answers={})
    first, second, later = asked[0], asked[1], asked[4]
    assert first["asks"] == CONFIRM_ENTRY and first["side"] == -1 and first["bar"] == 3
    assert first["time"] == market.time[4]  # the close of bar 3
    assert second["asks"] == STOP | EXIT and second["open_bar"] == 4 and second["quantity"] < 0
    assert later["rate"] == market.columns["close"][7] and later["stake"] == pytest.approx(5000)
    low = min(market.columns["low"][4:8].min(), later["open_rate"])
    assert later["max_rate"] == low and later["min_rate"] == market.columns["high"][4:8].max()
    gain = later["quantity"] * (later["rate"] - later["open_rate"])
    fee = abs(later["quantity"]) * later["open_rate"] * 5e-4
    assert later["profit"] * 5000 == pytest.approx(gain - fee, rel=1e-9)
