"""The ratios beside empyrical's, where both define the same thing; and what they do with too little."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from builders import FREE, START_NS, decisions_of, flat_bar, market_of
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tools.backtest.daily import daily_returns, drawdowns
from tools.backtest.ratios import cagr, calmar, sharpe, sortino, volatility
from tools.backtest.simulate import simulate
from tools.contracts import Backtest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its deprecations are not ours to fix
    import empyrical

YEAR = {"annualization": 365}
series = arrays(np.float64, st.integers(90, 300), elements=st.floats(-0.2, 0.2))


@settings(max_examples=200, deadline=None)
@given(series)
def test_ratios_are_empyricals(returns: np.ndarray) -> None:
    if returns.std() > 1e-9:
        assert sharpe(returns, 10).value == pytest.approx(empyrical.sharpe_ratio(returns, **YEAR), rel=1e-9)
    if (returns < -1e-9).any():
        assert sortino(returns, 10).value == pytest.approx(
            empyrical.sortino_ratio(returns, **YEAR), rel=1e-9, abs=1e-12
        )
    assert volatility(returns, 10).value == pytest.approx(
        empyrical.annual_volatility(returns, **YEAR), rel=1e-9, abs=1e-12
    )
    assert cagr(returns, 10).value == pytest.approx(empyrical.cagr(returns, **YEAR), rel=1e-9, abs=1e-12)


def held(moves: np.ndarray, trades: int = 12) -> Backtest:
    """Long from the start at daily bars, after ``trades`` trades that earn nothing."""
    rows = {}
    for k in range(trades):
        rows |= {2 * k: {"enter_long": 1.0}, 2 * k + 1: {"exit_long": 1.0}}
    rows[2 * trades] = {"enter_long": 1.0}
    closes = 100 * np.cumprod(1 + moves)
    bars = [flat_bar(100)] * (2 * trades + 1)
    for opened, closed in zip(np.concatenate(([100], closes[:-1])), closes, strict=True):
        bars.append((opened, max(opened, closed), min(opened, closed), closed))
    return simulate(market_of(bars, minutes=1440), decisions_of(len(bars), rows), FREE)


def test_drawdown_and_calmar_of_a_whole_account() -> None:
    result = held(np.random.default_rng(3).normal(0.001, 0.02, 200))
    returns = daily_returns(result)
    deepest = result.metrics["max_drawdown"].value
    assert deepest == pytest.approx(-empyrical.max_drawdown(returns), rel=1e-9)
    assert result.metrics["calmar"].value == pytest.approx(empyrical.calmar_ratio(returns, **YEAR), rel=1e-9)
    assert result.metrics["sharpe"].value == pytest.approx(empyrical.sharpe_ratio(returns, **YEAR), rel=1e-9)
    assert result.metrics["cagr"].n == len(returns) == 225


def test_growth_is_not_raised_to_a_year_from_a_few_weeks() -> None:
    assert cagr(np.full(89, 0.001), 50).why == "89 days, needs 90"
    assert cagr(np.full(90, 0.001), 9).why == "9 closed trades, needs 10"
    assert calmar(cagr(np.full(89, 0.001), 50), 0.1).why == "89 days, needs 90"
    assert calmar(cagr(np.full(90, 0.001), 50), 0.0).why == "equity never fell"
    assert cagr(np.array([0.0] * 89 + [-1.0]), 50).value == -1.0
    assert volatility(np.zeros(19), 50).why == "19 days, needs 20"


@pytest.mark.parametrize("days", [1, 3, 7])
def test_bars_longer_than_a_day_are_annualised_by_their_length(days: int) -> None:
    closes = 100 * np.cumprod(1 + np.random.default_rng(5).normal(0.002, 0.02, 100))
    bars = [flat_bar(float(close)) for close in closes]
    rows = {k: {"enter_long" if k % 4 == 0 else "exit_long": 1.0} for k in range(0, 99, 2)}
    market = market_of(bars, minutes=1440 * days)
    result = simulate(market, decisions_of(len(bars), rows), FREE)
    returns, year = daily_returns(result), {"annualization": 365 / days}
    value = {name: metric.value for name, metric in result.metrics.items()}
    assert value["cagr"] == pytest.approx(
        (result.equity[-1] / result.initial_cash) ** (365 / (100 * days)) - 1, rel=1e-9
    )
    assert value["sharpe"] == pytest.approx(empyrical.sharpe_ratio(returns, **year), rel=1e-9)
    assert value["sortino"] == pytest.approx(empyrical.sortino_ratio(returns, **year), rel=1e-9)
    assert value["volatility"] == pytest.approx(empyrical.annual_volatility(returns, **year), rel=1e-9)
    words = "daily returns x sqrt(365)" if days == 1 else f"returns of {days} days x sqrt({365 / days:g})"
    assert result.metrics["sharpe"].unit == f"ratio, {words}"


def test_stretches_under_water() -> None:
    """Up 10 %, down to 90 % of that and back in four days; then 1 % below to the end."""
    result = held(np.array([0.1, -0.05, 0.9 / 0.95 - 1, 0.95 / 0.9 - 1, 1 / 0.95 - 1, 0.0, -0.01, 0.0]))
    deep, shallow = drawdowns(result)
    day = lambda k: START_NS + (24 + k) * 86_400_000_000_000  # noqa: E731 - the k-th move's bar
    assert deep.depth == pytest.approx(0.1)
    assert (deep.from_ns, deep.low_ns, deep.to_ns, deep.days) == (day(1), day(3), day(5), 4.0)
    assert (shallow.depth, shallow.to_ns, shallow.days) == (pytest.approx(0.01), None, 2.0)
    assert result.metrics["max_drawdown_days"].value == 4.0
    never = held(np.full(30, 0.001))
    assert drawdowns(never) == [] and never.metrics["max_drawdown_days"].value == 0.0
