"""Leverage, isolated margin and liquidation, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import FREE, decisions_of, flat_bar, market_of

from tools.backtest.errors import BacktestError
from tools.backtest.kernel import liquidation_price
from tools.backtest.simulate import simulate
from tools.contracts import Backtest, Costs, ExitPlan, ExitReason

LONG, SHORT = {"enter_long": 1.0}, {"enter_short": 1.0}
TEN = replace(FREE, leverage=10.0, maintenance_margin=0.005)


def run(bars, rows, costs: Costs, *, funding=None, plan: ExitPlan | None = None) -> Backtest:
    decisions = replace(decisions_of(len(bars), rows), plan=plan or ExitPlan())
    return simulate(market_of(bars, funding=funding), decisions, costs, initial_cash=1_000.0)


def test_the_liquidation_price_solves_the_published_formula() -> None:
    """Long 1 at 10,000 with 1,000 of isolated margin and 0.5 %: (1,000 - 10,000) / (0.005 - 1) = 9,045.23."""
    assert liquidation_price(1.0, 1.0, 1_000.0 - 10_000.0, 0.005) == pytest.approx(9_045.226, abs=1e-3)
    assert liquidation_price(-1.0, -1.0, 1_000.0 + 10_000.0, 0.005) == pytest.approx(10_945.274, abs=1e-3)


def test_leverage_multiplies_notional_profit_and_fee() -> None:
    costs = Costs(maker_bps=0, taker_bps=10, slippage_bps=0, leverage=5.0)
    result = run([flat_bar(100), flat_bar(100), flat_bar(104)], {0: LONG, 1: {"exit_long": 1.0}}, costs)
    (trade,) = result.trades
    quantity = 1_000 * 5 / (100 * (1 + 5 * 0.001))  # the stake pays the fee of the whole notional
    assert trade.quantity == pytest.approx(quantity)
    assert trade.fees == pytest.approx(quantity * (100 + 104) * 0.001)
    assert trade.pnl == pytest.approx(quantity * 4 - trade.fees)


def test_a_long_is_liquidated_where_its_worth_is_the_maintenance_margin() -> None:
    """10 x at 100: worth 100 + (p - 100) x 10 = 0.005 x 10 p at p = 90.452; the stake of 1,000 is lost."""
    just_above = [flat_bar(100), flat_bar(100), (100, 100, 90.46, 95)]
    assert run(just_above, {0: LONG}, TEN).trades[0].reason is ExitReason.OPEN
    just_below = [flat_bar(100), flat_bar(100), (100, 100, 90.45, 95)]
    (trade,) = run(just_below, {0: LONG}, TEN).trades
    assert (trade.reason, trade.pnl) == (ExitReason.LIQUIDATION, pytest.approx(-1_000))
    assert trade.exit_price == pytest.approx(90)  # where nothing is left


def test_a_short_is_liquidated_above() -> None:
    """Worth 100 + (100 - p) x 10 = 0.005 x 10 p at p = 109.452."""
    assert (
        run([flat_bar(100)] * 2 + [(100, 109.45, 100, 100)], {0: SHORT}, TEN).trades[0].reason
        is ExitReason.OPEN
    )
    (trade,) = run([flat_bar(100)] * 2 + [(100, 109.46, 100, 100)], {0: SHORT}, TEN).trades
    assert (trade.reason, trade.exit_price) == (ExitReason.LIQUIDATION, pytest.approx(110))


def test_only_the_stake_is_at_risk() -> None:
    half = LONG | {"size": 0.5}
    result = run([flat_bar(100), flat_bar(100), flat_bar(50), flat_bar(50)], {0: half}, TEN)
    assert result.trades[0].pnl == pytest.approx(-500)
    assert result.equity.tolist() == pytest.approx([1_000, 1_000, 500, 500])
    assert result.metrics["liquidations"].value == 1


@pytest.mark.parametrize(
    ("stop", "reason"), [(0.09, ExitReason.STOP), (0.12, ExitReason.LIQUIDATION)], ids=["stop", "liquidation"]
)
def test_the_level_that_the_price_meets_first_counts(stop: float, reason: ExitReason) -> None:
    """Liquidation is at 90.45: a stop at 91 comes before it, one at 88 never has its turn."""
    bars = [flat_bar(100), flat_bar(100), (100, 100, 85, 86)]
    (trade,) = run(bars, {0: LONG | {"stop": stop}}, TEN).trades
    assert trade.reason is reason
    assert trade.pnl == pytest.approx(-900 if reason is ExitReason.STOP else -1_000)


def test_a_gap_past_both_is_a_liquidation() -> None:
    """The open is worth less than nothing: the stop that rested above it cannot help."""
    bars = [flat_bar(100), flat_bar(100), (80, 82, 79, 81)]
    (trade,) = run(bars, {0: LONG | {"stop": 0.05}}, TEN).trades
    assert (trade.reason, trade.pnl) == (ExitReason.LIQUIDATION, pytest.approx(-1_000))


def test_a_gap_past_the_stop_alone_fills_at_the_open() -> None:
    bars = [flat_bar(100), flat_bar(100), (92, 93, 91, 92)]
    (trade,) = run(bars, {0: LONG | {"stop": 0.05}}, TEN).trades
    assert (trade.reason, trade.exit_price, trade.pnl) == (ExitReason.STOP, 92.0, pytest.approx(-800))


def test_an_exit_that_would_leave_nothing_is_a_liquidation() -> None:
    """A stop at 90.1, just before 90, but slippage and fee take more than what is left."""
    costs = Costs(maker_bps=0, taker_bps=20, slippage_bps=20, leverage=10.0, maintenance_margin=0.0)
    bars = [flat_bar(100), flat_bar(100), (100, 100, 90, 91)]
    (trade,) = run(bars, {0: LONG | {"stop": 0.099}}, costs).trades
    assert trade.reason is ExitReason.LIQUIDATION
    assert trade.pnl == pytest.approx(-1_000)


def test_funding_comes_out_of_the_margin_and_brings_liquidation_nearer() -> None:
    """5 % of 10,000 notional leaves 500 of margin: worth 500 + (p - 100) x 100 = 0.5 p at p = 95.477."""
    bars = [flat_bar(100), flat_bar(100), flat_bar(100), (100, 100, 95.4, 99)]
    (trade,) = run(bars, {0: LONG}, TEN, funding={2: 0.05}).trades
    assert (trade.reason, trade.funding) == (ExitReason.LIQUIDATION, pytest.approx(500))
    assert trade.pnl == pytest.approx(-1_000)
    assert run(bars, {0: LONG}, TEN).trades[0].reason is ExitReason.OPEN


def test_a_long_without_leverage_is_never_liquidated() -> None:
    bars = [flat_bar(100), flat_bar(100), (100, 100, 0.01, 0.02)]
    assert run(bars, {0: LONG}, replace(FREE, maintenance_margin=0.5)).trades[0].reason is ExitReason.OPEN


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        (Costs(leverage=0.5), "leverage is 0.5"),
        (Costs(leverage=float("nan")), "leverage is nan"),
        (Costs(leverage=20.0, maintenance_margin=0.05), "margin is 0.05 of the notional"),
        (Costs(maintenance_margin=-0.1), "maintenance_margin is -0.1"),
    ],
)
def test_terms_that_no_venue_has_are_refused(costs: Costs, words: str) -> None:
    with pytest.raises(BacktestError, match=words):
        run([flat_bar(100)] * 3, {0: LONG}, costs)


@pytest.mark.parametrize(
    "plan",
    [
        ExitPlan(((-1, 0.1),)),
        ExitPlan(((0, -1.0),)),
        ExitPlan((), -0.1),
        ExitPlan((), 0.0, float("inf")),
        ExitPlan(moves=True, levels=True),
        ExitPlan(((0, 0.1),), levels=True),
    ],
)
def test_plans_that_cannot_be_followed_are_refused(plan: ExitPlan) -> None:
    with pytest.raises(BacktestError, match="exit plan"):
        run([flat_bar(100)] * 3, {0: LONG}, FREE, plan=plan)
