"""The compiled kernel and the slow reference live through the same bars with the same trades and equity."""

from __future__ import annotations

import numpy as np
import pytest
from builders import market_of
from cases import cases, symbol_of, terms_of
from hypothesis import HealthCheck, given, settings
from reference import Reference

from tools.backtest.simulate import simulate
from tools.contracts import Backtest, Costs, Decisions, ExitPlan, ExitReason, Market


def reference_of(market: Market, decisions: Decisions, costs: Costs, cash: float) -> Reference:
    return Reference([symbol_of(market, decisions)], terms_of(costs, decisions.plan), cash).run()


def assert_same(result: Backtest, expected: Reference) -> None:
    assert [(t.entry_bar, t.exit_bar, t.side, t.reason.value) for t in result.trades] == [
        (t.entry_bar, t.exit_bar, t.side, t.reason) for t in expected.trades
    ]
    for name in ("quantity", "entry_price", "exit_price", "fees", "funding", "pnl"):
        ours = [getattr(trade, name) for trade in result.trades]
        theirs = [getattr(trade, name) for trade in expected.trades]
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(result.equity, expected.equity, rtol=1e-9, atol=1e-9)
    assert result.ambiguous_bars == expected.ambiguous


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_same_trades_and_equity(case: tuple[Market, Decisions, Costs]) -> None:
    market, decisions, costs = case
    result = simulate(market, decisions, costs, initial_cash=1_000.0)
    assert_same(result, reference_of(market, decisions, costs, 1_000.0))
    assert result.equity.min() >= 0.0


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_no_trade_loses_more_than_its_stake(case: tuple[Market, Decisions, Costs]) -> None:
    """The stake of a trade: the margin of its notional and the entry fee. Isolated means that no more is lost."""
    market, decisions, costs = case
    taker = costs.taker_bps / 1e4
    for trade in simulate(market, decisions, costs, initial_cash=1_000.0).trades:
        stake = trade.quantity * trade.entry_price * (1 / costs.leverage + taker)
        assert trade.pnl >= -stake * (1 + 1e-9)
        if trade.reason is ExitReason.LIQUIDATION:
            assert trade.pnl == pytest.approx(-stake, rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_same_on_long_random_markets(seed: int) -> None:
    """Thousands of trades that end for every reason, more of them than the kernel's first room."""
    rng = np.random.default_rng(seed)
    n = 24_000
    opens = 100 * np.exp(np.cumsum(rng.standard_t(3, n) * 0.004))
    closes = opens * np.exp(rng.standard_t(3, n) * 0.004)
    highs = np.maximum(opens, closes) * (1 + np.abs(rng.normal(0, 0.003, n)))
    lows = np.minimum(opens, closes) * (1 - np.abs(rng.normal(0, 0.003, n)))
    prices = list(zip(*(a.tolist() for a in (opens, highs, lows, closes)), strict=True))
    funding = dict.fromkeys(range(0, n, 96), 1e-4)
    values = np.zeros((n, 9))
    values[:, :4] = rng.random((n, 4)) < 0.25
    values[:, 4] = rng.choice([0.05, 0.1], n)
    for column, scale in ((5, 0.02), (6, 0.02), (7, 0.015)):
        values[:, column] = rng.choice([0, scale, scale / 2], n)
    values[:, 8] = rng.choice([0, 3, 10], n)
    market = market_of(prices, funding=funding)
    decisions, costs = Decisions("TESTUSDT", values), Costs(1.0, 2.0, 1.0)
    result = simulate(market, decisions, costs)
    assert len(result.trades) > 4096
    assert {trade.reason.value for trade in result.trades} >= {"signal", "stop", "target", "trail", "time"}
    assert_same(result, reference_of(market, decisions, costs, 10_000.0))


TERMS = (
    Costs(2.0, 50.0, 30.0),
    Costs(2.0, 50.0, 30.0, leverage=3.0, maintenance_margin=0.02),
    Costs(-1.0, 5.0, 0.0, leverage=50.0),
)
PLANS = (
    ExitPlan(),
    ExitPlan(((0, 0.1), (2, 0.01), (4, -0.01)), 0.02, 0.01),
    ExitPlan((), 0.1, 0.05, True),
    ExitPlan((), 0.1, 0.05, levels=True),
)


def test_same_in_wild_small_markets() -> None:
    """Crashes, ruin, gaps through everything: dense in the cases that drawn examples reach rarely."""
    rng = np.random.default_rng(7)
    seen: set[str] = set()
    ambiguous = broke = 0
    for _ in range(1500):
        n = int(rng.integers(3, 20))
        gaps, moves, ups, downs = (rng.choice([0.0, 0.02, 0.3, 1.2], n) * rng.random(n) for _ in range(4))
        close, prices = 100.0, []
        for sign, gap, move, up, down in zip(
            rng.choice([-0.5, 1.0], (n, 2)), gaps, moves, ups, downs, strict=True
        ):
            opened = close * (1 + sign[0] * gap)
            close = opened * (1 + sign[1] * move)
            prices.append((opened, max(opened, close) * (1 + up), min(opened, close) / (1 + down), close))
        values = np.zeros((n, 9))
        values[:, :4] = rng.random((n, 4)) < [0.3, 0.1, 0.4, 0.1]
        values[:, 4] = rng.choice([0.5, 1.0], n)
        values[:, 5:8] = rng.choice([0, 0, 0.01, 0.1, 0.995, 0.9999], (n, 3))
        market = market_of(prices, funding={2: 0.3, 4: -0.1})
        plan = PLANS[int(rng.integers(len(PLANS)))]
        decisions, costs = Decisions("TESTUSDT", values, plan), TERMS[int(rng.integers(len(TERMS)))]
        result = simulate(market, decisions, costs, initial_cash=1_000.0)
        assert_same(result, reference_of(market, decisions, costs, 1_000.0))
        seen |= {trade.reason.value for trade in result.trades}
        ambiguous += result.ambiguous_bars
        broke += result.equity[-1] == 0
    assert seen == {"signal", "stop", "target", "trail", "liquidation", "open"}
    assert ambiguous > 50 and broke > 0
