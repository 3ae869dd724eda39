"""Many symbols on one account: the same as the plain reference, and each rule on a case computed by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import FREE, START_NS, decisions_of, flat_bar, market_of
from cases import candles, costs_and_terms, plans, rows, symbol_of, terms_of
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from reference import Reference

from tools.backtest.errors import AccountingError, BacktestError
from tools.backtest.portfolio import PortfolioRules, simulate_portfolio
from tools.backtest.simulate import simulate
from tools.contracts import Costs, Decisions, ExitPlan, Market

STEP_NS = 300_000_000_000
LONG, OUT, SHORT = {"enter_long": 1.0}, {"exit_long": 1.0}, {"enter_short": 1.0}

Given = tuple[dict[str, Market], dict[str, Decisions], Costs, PortfolioRules]


@st.composite
def universes(draw: st.DrawFn) -> Given:
    """Up to four symbols whose bars overlap in part, with holes, so that some wait while others trade."""
    plan, markets, decisions = draw(plans()), {}, {}
    for name in draw(st.sampled_from(["A", "AB", "ABC", "ABCD"])):
        prices = draw(candles())
        market = market_of(prices, funding={1: 1e-4, 3: 0.05}, symbol=name)
        steps = draw(st.lists(st.sampled_from([1, 1, 1, 2, 5]), min_size=len(prices), max_size=len(prices)))
        markets[name] = replace(market, time=START_NS + np.cumsum(steps) * STEP_NS)
        chosen = {i: draw(rows()) for i in range(len(prices))}
        decisions[name] = replace(decisions_of(len(prices), chosen, name), plan=plan)
    exposure = draw(st.sampled_from([None, 0.3, 1.0, 2.0]))
    limits = PortfolioRules(draw(st.sampled_from([None, 1, 2])), exposure)
    return markets, decisions, draw(costs_and_terms()), limits


def expected_of(case: Given, cash: float) -> Reference:
    markets, decisions, costs, rules = case
    first = next(iter(decisions.values()))
    terms = replace(
        terms_of(costs, first.plan),
        slots=rules.max_positions or len(markets),
        max_exposure=costs.leverage if rules.max_exposure is None else rules.max_exposure,
    )
    return Reference([symbol_of(markets[name], decisions[name]) for name in markets], terms, cash).run()


# Not shrunk: a universe has hundreds of drawn numbers, and making them few takes longer than a test may.
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(universes())
def test_same_trades_and_equity_as_the_reference(case: Given) -> None:
    portfolio, expected = simulate_portfolio(*case, initial_cash=1_000.0), expected_of(case, 1_000.0)
    result = portfolio.account
    np.testing.assert_allclose(result.equity, expected.equity, rtol=1e-9, atol=1e-9)
    key = lambda t: (t.symbol, t.entry_bar)  # noqa: E731
    ours, theirs = sorted(result.trades, key=key), sorted(expected.trades, key=key)
    times = {name: market.time for name, market in case[0].items()}
    assert [(t.symbol, t.side, t.reason.value, t.entry_time_ns, t.exit_time_ns) for t in ours] == [
        (t.symbol, t.side, t.reason, times[t.symbol][t.entry_bar], times[t.symbol][t.exit_bar])
        for t in theirs
    ]
    for name in ("quantity", "entry_price", "exit_price", "fees", "funding", "pnl"):
        np.testing.assert_allclose(
            [getattr(t, name) for t in ours], [getattr(t, name) for t in theirs], rtol=1e-9, atol=1e-9
        )
    assert (portfolio.refused, portfolio.cut) == (expected.refused, expected.cut)
    assert result.ambiguous_bars == expected.ambiguous
    assert result.equity.min() >= 0


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(candles(), st.data())
def test_one_symbol_in_one_slot_is_its_own_account(prices, data: st.DataObject) -> None:
    market = market_of(prices, funding={2: 0.01})
    chosen = {i: data.draw(rows()) for i in range(len(prices))}
    decisions, costs = decisions_of(len(prices), chosen), data.draw(costs_and_terms())
    alone = simulate(market, decisions, costs)
    rules = PortfolioRules(1, 1e6)
    shared = simulate_portfolio({"TESTUSDT": market}, {"TESTUSDT": decisions}, costs, rules).account
    assert shared.trades == alone.trades
    np.testing.assert_allclose(shared.equity, alone.equity, rtol=1e-12, atol=1e-9)
    assert shared.conflicting_bars == alone.conflicting_bars
    assert shared.metrics.keys() == alone.metrics.keys()
    for name, metric in alone.metrics.items():
        here = shared.metrics[name]
        assert here.why == metric.why
        if metric.value is not None:
            assert here.value == pytest.approx(metric.value, rel=1e-9, abs=1e-12), name


def run(prices: dict[str, list[float]], rows: dict[str, dict], rules: PortfolioRules, costs: Costs = FREE):
    """Flat bars at the given prices."""
    markets = {name: market_of([flat_bar(p) for p in path], symbol=name) for name, path in prices.items()}
    decisions = {name: decisions_of(len(path), rows.get(name, {}), name) for name, path in prices.items()}
    return simulate_portfolio(markets, decisions, costs, rules, initial_cash=1_200.0)


def test_each_slot_has_its_share_of_the_equity() -> None:
    paths = {"A": [100, 100, 110, 110], "B": [50, 50, 50, 40], "C": [10, 10, 10, 10]}
    portfolio = run(paths, {"A": {0: LONG}, "B": {1: SHORT}}, PortfolioRules())
    a, b = sorted(portfolio.account.trades, key=lambda t: t.symbol)
    assert a.quantity == pytest.approx(4)  # 1,200 / 3 at 100
    assert b.quantity == pytest.approx(1_240 / 3 / 50)  # the equity at that open has grown
    assert portfolio.account.equity.tolist() == pytest.approx([1_200, 1_200, 1_240, 1_240 + 1_240 / 3 / 5])


def test_the_largest_wish_is_first_and_equals_go_by_name() -> None:
    paths = {name: [100.0] * 3 for name in "ABC"}
    both = {"A": {0: LONG}, "B": {0: LONG}, "C": {0: LONG}}
    portfolio = run(paths, both, PortfolioRules(2))
    assert [t.symbol for t in portfolio.account.trades] == ["A", "B"]
    assert portfolio.refused == 1
    both["A"], both["C"] = {0: LONG | {"size": 0.5}}, {0: LONG | {"size": 0.9}}
    assert {t.symbol for t in run(paths, both, PortfolioRules(2)).account.trades} == {"B", "C"}


def test_what_the_other_order_had_made_is_said() -> None:
    paths = {"A": [100, 100, 100], "B": [100, 100, 150]}
    portfolio = run(paths, {"A": {0: LONG}, "B": {0: LONG}}, PortfolioRules(1))
    assert portfolio.account.metrics["net_return"].value == pytest.approx(0)
    assert portfolio.net_return_reversed == pytest.approx(0.5)


def test_exposure_is_capped_entries_are_cut_then_refused() -> None:
    paths = {name: [100.0] * 3 for name in "ABC"}
    all_long = {name: {0: LONG} for name in "ABC"}
    portfolio = run(paths, all_long, PortfolioRules(3, 0.5))
    sizes = [t.quantity * 100 for t in portfolio.account.trades]
    assert sizes == pytest.approx([400, 200])  # a third, then what is left of the half; C has nothing left
    assert (portfolio.cut, portfolio.refused) == (1, 1)


def test_leverage_counts_notional_against_the_cap() -> None:
    costs = replace(FREE, leverage=4.0)
    paths = {name: [100.0] * 3 for name in "AB"}
    portfolio = run(paths, {"A": {0: LONG}, "B": {0: LONG}}, PortfolioRules(2, 3.0), costs)
    assert [t.quantity * 100 for t in portfolio.account.trades] == pytest.approx([2_400, 1_200])


def test_a_slot_freed_at_an_open_is_taken_there() -> None:
    paths = {"A": [100.0] * 4, "B": [100.0] * 4}
    portfolio = run(paths, {"A": {0: LONG, 1: OUT}, "B": {1: LONG}}, PortfolioRules(1))
    a, b = portfolio.account.trades
    assert (a.symbol, a.exit_bar, b.symbol, b.entry_bar) == ("A", 2, "B", 2)


def test_a_liquidation_costs_the_other_positions_nothing() -> None:
    costs = replace(FREE, leverage=10.0)
    portfolio = run(
        {"A": [100, 100, 80, 80], "B": [100, 100, 100, 110]},
        {"A": {0: LONG}, "B": {0: LONG}},
        PortfolioRules(2),
        costs,
    )
    lost, kept = portfolio.account.trades
    assert (lost.symbol, lost.reason.value, lost.pnl) == ("A", "liquidation", pytest.approx(-600))
    assert kept.pnl == pytest.approx(600)
    assert portfolio.account.equity.tolist() == pytest.approx([1_200, 1_200, 600, 1_200])
    assert portfolio.account.metrics["liquidations"].value == 1


def test_a_symbol_whose_data_ends_stays_at_its_last_price() -> None:
    portfolio = run(
        {"A": [100, 100, 120], "B": [100.0] * 6}, {"A": {0: LONG}, "B": {4: LONG}}, PortfolioRules(2)
    )
    assert portfolio.account.equity[-1] == pytest.approx(1_320)
    assert [t.reason.value for t in portfolio.account.trades] == ["open", "open"]


def test_misfits_are_refused() -> None:
    market, decisions = market_of([flat_bar(100)] * 3), decisions_of(3, {})
    with pytest.raises(BacktestError, match="no symbols"):
        simulate_portfolio({}, {}, FREE)
    with pytest.raises(BacktestError, match="no market"):
        simulate_portfolio({}, {"TESTUSDT": decisions}, FREE)
    for rules in (PortfolioRules(0), PortfolioRules(max_exposure=0.0)):
        with pytest.raises(BacktestError, match=r"\[portfolio\]"):
            simulate_portfolio({"TESTUSDT": market}, {"TESTUSDT": decisions}, FREE, rules)
    other = replace(decisions_of(3, {}, "X"), plan=ExitPlan(((1, 0.1),)))
    both = {"TESTUSDT": market, "X": market_of([flat_bar(100)] * 3, symbol="X")}
    with pytest.raises(BacktestError, match="one exit plan"):
        simulate_portfolio(both, {"TESTUSDT": decisions, "X": other}, FREE)


def test_books_that_do_not_add_up_are_an_error() -> None:
    from tools.backtest.accounting import check_shared_accounting
    from tools.backtest.portfolio import _shared

    markets = {name: market_of([flat_bar(100 + i) for i in range(4)], symbol=name) for name in "AB"}
    decisions = {name: decisions_of(4, {0: LONG}, name) for name in "AB"}
    shared = _shared(markets, decisions, FREE, PortfolioRules(), 1_000.0)
    account = shared.run(FREE)
    check_shared_accounting(shared.parts, shared.places, account, FREE, 1_000.0)
    account.equity[2] += 0.01
    with pytest.raises(AccountingError, match="on bar 2"):
        check_shared_accounting(shared.parts, shared.places, account, FREE, 1_000.0)
