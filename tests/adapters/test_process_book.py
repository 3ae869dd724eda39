"""The book of a symbol: its own account and a plain simulation of its decisions are the same account."""

from __future__ import annotations

import numpy as np
import pytest
from adapter_contract import wavy_market
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.child.process_words import LEAVE, NO_ORDER, ORDER, REDUCE
from sandbox.host.contracts import AnswerError
from tools.backtest.simulate import simulate
from tools.contracts import DECISION_COLUMNS, Costs, Decisions
from tools.system.adapters.process_book import PLAN, Book
from tools.system.adapters.process_notes import TEXTS, Notes

BARS = 60
MARKET = wavy_market(BARS)
CLOSE = MARKET.columns["close"]

Words = tuple[float, ...]


def words(**said: float) -> Words:
    return tuple(said.get(name, 0.0) for name in ORDER)


@st.composite
def orders(draw: st.DrawFn) -> Words:
    """What a child could say of a bar: mostly nothing."""
    if draw(st.integers(0, 2)):
        return NO_ORDER
    near = st.sampled_from([0.0, 0.0, 80.0, 95.0, 99.0, 100.0, 101.0, 105.0, 120.0])
    return words(
        exit=draw(st.sampled_from([0.0, 0.0, 1.0, 2.0, 3.0, 4.0])),
        side=draw(st.sampled_from([0.0, 1.0, -1.0, 2.0, -2.0])),
        quantity=draw(st.sampled_from([0.0, 0.0, 1.0, 20.0, 1e5])),
        notional=draw(st.sampled_from([0.0, 0.0, 500.0])),
        size=draw(st.sampled_from([0.0, 0.0, 0.3, 1.0])),
        price=draw(near),
        leverage=draw(st.sampled_from([0.0, 1.0, 2.0, 9.0])),
        stop=draw(near),
        target=draw(near),
        trail=draw(st.sampled_from([0.0, 0.0, 0.02])),
        max_bars=draw(st.sampled_from([0.0, 0.0, 5.0])),
    )


@given(st.lists(orders(), min_size=BARS, max_size=BARS), st.sampled_from([1.0, 3.0]))
@settings(max_examples=150, deadline=None)
def test_the_account_is_the_simulation_of_its_decisions(answers: list[Words], leverage: float) -> None:
    costs, notes = Costs(leverage=leverage), Notes()
    book = Book(MARKET, costs, notes)
    told = [book.step(bar, answers[bar - 1] if bar else NO_ORDER) for bar in range(BARS)]
    book.finish(answers[-1])
    run = simulate(MARKET, Decisions(MARKET.symbol, book.values, PLAN), costs)
    closed = [t for t in run.trades if t.closed]
    assert [(t.side, t.entry_bar, t.exit_bar) for t in closed] == [
        (c.side, c.entry_bar, c.exit_bar) for c in book.account.closed
    ]
    np.testing.assert_allclose(
        [t.pnl for t in closed], [c.pnl for c in book.account.closed], rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(run.equity, [row[6] for row in told], rtol=1e-12)
    assert run.conflicting_bars == 0, "a row never contradicts itself"
    assert set(notes.counts) <= set(TEXTS) and len(notes.told()) == len(notes.counts)


@given(st.lists(orders(), min_size=BARS, max_size=BARS), st.integers(2, BARS - 1))
@settings(max_examples=50, deadline=None)
def test_decisions_depend_on_what_is_known(answers: list[Words], cut: int) -> None:
    whole, part = (Book(MARKET.cut(0, n), Costs(), Notes()) for n in (BARS, cut))
    for book, bars in ((whole, BARS), (part, cut)):
        for bar in range(bars):
            book.step(bar, answers[bar - 1] if bar else NO_ORDER)
        book.finish(answers[bars - 1])
    np.testing.assert_array_equal(part.values, whole.values[:cut])


@pytest.mark.parametrize(
    "said",
    [{"side": 3.0}, {"exit": -1.0}, {"quantity": -1.0}, {"size": 2.0}, {"trail": 1.0}, {"price": 1e16}],
)
def test_words_that_our_reader_never_says_are_refused(said: dict[str, float]) -> None:
    book = Book(MARKET, Costs(), Notes())
    book.step(0, NO_ORDER)
    with pytest.raises(AnswerError, match="makes no sense"):
        book.step(1, words(**said))


def test_what_is_left_over_of_a_larger_order_turns_the_position() -> None:
    book = Book(MARKET, Costs(), Notes())
    plan = {3: words(side=1.0, quantity=5.0), 9: words(side=-1.0, quantity=8.0), 15: words(exit=LEAVE)}
    for bar in range(BARS):
        book.step(bar, plan.get(bar - 1, NO_ORDER))
    first, second = book.account.closed
    assert (first.side, second.side, second.exit_bar) == (1, -1, 16)
    assert second.quantity == pytest.approx(3.0, rel=0.01)
    assert book.values[9, [DECISION_COLUMNS.index(n) for n in ("exit_long", "enter_short")]].tolist() == [
        1.0,
        1.0,
    ]


def test_an_order_that_only_reduces_never_turns_it() -> None:
    book = Book(MARKET, Costs(), Notes())
    plan = {3: words(side=1.0, quantity=5.0), 9: words(exit=REDUCE, side=-1.0, quantity=8.0)}
    for bar in range(BARS):
        book.step(bar, plan.get(bar - 1, NO_ORDER))
    assert [(c.side, c.exit_bar) for c in book.account.closed] == [(1, 10)] and book.account.position is None
