"""The compiled kernel and the slow reference live through the same bars with the same trades and equity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import decisions_of, market_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference import Reference, Symbol, Terms

from tools.backtest.simulate import simulate
from tools.contracts import DECISION_COLUMNS, Backtest, Costs, Decisions, ExitPlan, ExitReason, Market

#: Moves between bars (close to open) and inside them, as fractions: calm, flat, gaps and crashes.
moves = st.one_of(
    st.just(0.0),
    st.floats(-0.02, 0.02),
    st.floats(-0.4, 0.6),
    st.sampled_from([-0.1, -0.05, 0.05, 0.1, 1.5]),
)
wicks = st.one_of(st.just(0.0), st.floats(0.0, 0.03), st.floats(0.0, 0.3))
distances = st.one_of(st.just(0.0), st.sampled_from([0.01, 0.05, 0.1]), st.floats(0.001, 1.2))


@st.composite
def bars(draw: st.DrawFn) -> tuple[float, float, float, float]:
    """Relative: gap from the close before, move to the close, wick up, wick down."""
    return draw(moves), draw(moves), draw(wicks), draw(wicks)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, float]:
    """One decisions row; entries are likely enough that most markets trade. NaN = off, and a size of NaN = 1."""
    flag = st.sampled_from([0.0, 0.0, 0.0, 1.0, float("nan")])
    row = {name: draw(flag) for name in DECISION_COLUMNS[:4]}
    row["size"] = draw(st.sampled_from([0.0, 0.1, 0.5, 1.0, float("nan")]))
    row |= {name: draw(distances) for name in ("stop", "target", "trail")}
    row["max_bars"] = float(draw(st.integers(0, 4)))
    return row


@st.composite
def plans(draw: st.DrawFn) -> ExitPlan:
    """Mostly none: targets that come nearer with time (or pass the entry), a trailing stop that starts later."""
    if draw(st.booleans()):
        return ExitPlan()
    rung = st.tuples(st.integers(0, 5), st.sampled_from([0.2, 0.05, 0.01, 0.0, -0.02, 1.5]))
    return ExitPlan(
        tuple(draw(st.lists(rung, max_size=3))),
        draw(st.sampled_from([0.0, 0.01, 0.1])),
        draw(st.sampled_from([0.0, 0.01, 0.05])),
    )


@st.composite
def costs_and_terms(draw: st.DrawFn) -> Costs:
    bps = st.sampled_from([0.0, 2.0, 30.0])
    leverage = draw(st.sampled_from([1.0, 1.0, 2.0, 5.0, 20.0]))
    return Costs(
        maker_bps=draw(bps),
        taker_bps=draw(bps),
        slippage_bps=draw(bps),
        leverage=leverage,
        maintenance_margin=draw(st.sampled_from([0.0, 0.005, 0.04])),
    )


@st.composite
def candles(draw: st.DrawFn) -> list[tuple[float, float, float, float]]:
    shapes = draw(st.lists(bars(), min_size=2, max_size=25))
    close, prices = 100.0, []
    for gap, move, up, down in shapes:
        opened = close * (1 + gap)
        close = opened * (1 + move)
        prices.append((opened, max(opened, close) * (1 + up), min(opened, close) * (1 - down), close))
    return prices


@st.composite
def cases(draw: st.DrawFn) -> tuple[Market, Decisions, Costs]:
    prices = draw(candles())
    funding = draw(
        st.dictionaries(
            st.integers(0, len(prices) - 1), st.sampled_from([1e-4, -3e-4, 0.2]), max_size=len(prices) // 2
        )
    )
    chosen = {i: draw(rows()) for i in range(len(prices))}
    decisions = replace(decisions_of(len(prices), chosen), plan=draw(plans()))
    return market_of(prices, funding=funding), decisions, draw(costs_and_terms())


def symbol_of(market: Market, decisions: Decisions) -> Symbol:
    columns = [market.columns[name].tolist() for name in ("open", "high", "low", "close")]
    values = decisions.values.copy()
    values[np.isnan(values[:, 4]), 4] = 1.0
    return Symbol(
        market.symbol,
        market.time.tolist(),
        list(zip(*columns, strict=True)),
        [dict(zip(DECISION_COLUMNS, row, strict=True)) for row in np.nan_to_num(values).tolist()],
        market.columns["funding_rate"].tolist(),
    )


def terms_of(costs: Costs, plan: ExitPlan) -> Terms:
    return Terms(
        costs.maker_bps / 1e4,
        costs.taker_bps / 1e4,
        costs.slippage_bps / 1e4,
        costs.leverage,
        costs.maintenance_margin,
        plan.targets,
        plan.trail_after,
        plan.trail_then,
    )


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
PLANS = (ExitPlan(), ExitPlan(((0, 0.1), (2, 0.01), (4, -0.01)), 0.02, 0.01), ExitPlan((), 0.1, 0.05))


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
