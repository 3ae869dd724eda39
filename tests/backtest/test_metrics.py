"""Every metric against a figure worked out by hand, at 1e-8; and unknown where it cannot be known."""

from __future__ import annotations

import numpy as np
import pytest
from builders import FREE, decisions_of, flat_bar, market_of

from tools.backtest.daily import by_month, daily_returns, drawdown
from tools.backtest.metrics import universe_correlation
from tools.backtest.ratios import sharpe, sortino
from tools.backtest.simulate import simulate
from tools.contracts import Backtest, Costs, Decisions

LONG, OUT = {"enter_long": 1.0}, {"exit_long": 1.0}
EXACT = {"rel": 1e-8, "abs": 1e-8}


def daily_trades(factors: list[float], costs: Costs = FREE) -> Backtest:
    """One long trade a day, in at 100 and out at 100 x factor, on daily bars: bar 2k+1 enters, 2k+2 exits."""
    bars, rows = [flat_bar(100)], {}
    for k, factor in enumerate(factors):
        rows[2 * k] = LONG
        rows[2 * k + 1] = OUT
        bars += [flat_bar(100), flat_bar(100 * factor)]
    return simulate(market_of(bars, minutes=1440), decisions_of(len(bars), rows), costs, initial_cash=1_000.0)


@pytest.fixture(scope="module")
def dozen() -> Backtest:
    """Twelve trades: eight of +10 %, four of -5 %."""
    return daily_trades([1.1, 1.1, 0.95] * 4)


def test_counts_and_returns(dozen: Backtest) -> None:
    value = {name: metric.value for name, metric in dozen.metrics.items()}
    final = 1.1**8 * 0.95**4
    assert value["trades"] == 12
    assert value["open_trades"] == 0
    assert value["net_return"] == pytest.approx(final - 1, **EXACT)
    assert value["gross_return"] == pytest.approx(final - 1, **EXACT)
    assert value["win_rate"] == pytest.approx(8 / 12, **EXACT)
    assert value["expectancy_bps"] == pytest.approx((8 * 1000 - 4 * 500) / 12, **EXACT)
    assert value["max_drawdown"] == pytest.approx(0.05, **EXACT)
    assert value["exposure"] == pytest.approx(12 / 25, **EXACT)
    assert value["avg_holding_bars"] == pytest.approx(1, **EXACT)
    assert dozen.metrics["expectancy_bps"].n == 12


def test_profit_factor_and_turnover(dozen: Backtest) -> None:
    equity, won, lost, traded = 1.0, 0.0, 0.0, 0.0
    for factor in [1.1, 1.1, 0.95] * 4:
        pnl = equity * (factor - 1)
        won, lost = won + max(pnl, 0), lost - min(pnl, 0)
        traded += equity * (1 + factor)
        equity *= factor
    assert dozen.metrics["profit_factor"].value == pytest.approx(won / lost, **EXACT)
    assert dozen.metrics["turnover"].value == pytest.approx(traded, **EXACT)
    assert dozen.metrics["break_even_cost_bps"].value == pytest.approx((equity - 1) / traded * 1e4, **EXACT)


def test_payoff_expectancy_and_sqn(dozen: Backtest) -> None:
    equity, won, lost = 1_000.0, [], []
    for factor in [1.1, 1.1, 0.95] * 4:
        (won if factor > 1 else lost).append(abs(equity * (factor - 1)))
        equity *= factor
    assert dozen.metrics["payoff"].value == pytest.approx(np.mean(won) / np.mean(lost), **EXACT)
    assert dozen.metrics["expectancy"].value == pytest.approx((sum(won) - sum(lost)) / 12, **EXACT)
    mean = (8 * 0.1 - 4 * 0.05) / 12
    sd = ((8 * 0.1**2 + 4 * 0.05**2 - 12 * mean**2) / 11) ** 0.5
    assert dozen.metrics["sqn"].value == pytest.approx(12**0.5 * mean / sd, **EXACT)
    assert {dozen.metrics[name].n for name in ("payoff", "expectancy", "sqn")} == {12}


def test_volatility_is_the_annualised_daily_sd(dozen: Backtest) -> None:
    mean = (8 * 0.1 - 4 * 0.05) / 25
    variance = (8 * 0.1**2 + 4 * 0.05**2 - 25 * mean**2) / 24
    assert dozen.metrics["volatility"].value == pytest.approx((variance * 365) ** 0.5, **EXACT)
    assert dozen.metrics["cagr"].why == dozen.metrics["calmar"].why == "25 days, needs 90"


def test_how_far_trades_went_against_and_in_favour() -> None:
    """In at 100, between 97 and 104 while held, out at the open of the bar that falls to 50 and rises to 200."""
    bars, rows = [flat_bar(100)], {}
    for k in range(12):
        rows[3 * k], rows[3 * k + 1] = LONG, OUT
        bars += [(100, 104, 97, 101), (102, 200, 50, 100), flat_bar(100)]
    metrics = simulate(market_of(bars), decisions_of(len(bars), rows), FREE).metrics
    assert metrics["mae_bps"].value == pytest.approx(300, **EXACT)
    assert metrics["mae_p95_bps"].value == pytest.approx(300, **EXACT)
    assert metrics["mfe_bps"].value == pytest.approx(400, **EXACT)
    shorts = {bar: {name.replace("long", "short"): 1.0 for name in row} for bar, row in rows.items()}
    metrics = simulate(market_of(bars), decisions_of(len(bars), shorts), FREE).metrics
    assert (metrics["mae_bps"].value, metrics["mfe_bps"].value) == (
        pytest.approx(400, **EXACT),
        pytest.approx(300, **EXACT),
    )


def test_a_stop_counts_as_far_as_it_was_filled() -> None:
    bars, rows = [flat_bar(100)], {}
    for k in range(10):
        rows[2 * k] = LONG | {"stop": 0.05}
        bars += [(100, 130, 60, 90), flat_bar(100)]
    metrics = simulate(market_of(bars), decisions_of(len(bars), rows), FREE).metrics
    assert (metrics["mae_bps"].value, metrics["mfe_bps"].value) == (pytest.approx(500, **EXACT), 0.0)


def test_sharpe_and_sortino_are_annualised_daily_figures(dozen: Backtest) -> None:
    # 25 days: a first and twelve entry days at 0, eight of +10 %, four of -5 %.
    mean = (8 * 0.1 - 4 * 0.05) / 25
    variance = (8 * 0.1**2 + 4 * 0.05**2 - 25 * mean**2) / 24
    assert dozen.metrics["sharpe"].value == pytest.approx(mean / variance**0.5 * 365**0.5, **EXACT)
    downside = (4 * 0.05**2 / 25) ** 0.5
    assert dozen.metrics["sortino"].value == pytest.approx(mean / downside * 365**0.5, **EXACT)
    assert dozen.metrics["sharpe"].n == 25
    assert "sqrt(365)" in dozen.metrics["sharpe"].unit


def test_without_the_best_and_the_worst_day(dozen: Backtest) -> None:
    final = 1.1**8 * 0.95**4
    assert dozen.metrics["net_return_without_best_day"].value == pytest.approx(final / 1.1 - 1, **EXACT)
    assert dozen.metrics["net_return_without_worst_day"].value == pytest.approx(final / 0.95 - 1, **EXACT)


@pytest.mark.parametrize("level", [0, 2, 5, 10, 20])
def test_cost_levels_are_charged_on_both_sides(dozen: Backtest, level: int) -> None:
    cost = level / 1e4
    # The fee is part of the stake: each trade keeps (1 - c) / (1 + c) of what it would have.
    expected = 1.1**8 * 0.95**4 * ((1 - cost) / (1 + cost)) ** 12 - 1
    assert dozen.metrics[f"net_return_at_{level}bps"].value == pytest.approx(expected, **EXACT)


def test_at_the_break_even_cost_the_trades_earn_nothing() -> None:
    """Small stakes, so that compounding does not blur it."""
    bars = [flat_bar(100)] + [flat_bar(price) for price in (100, 101) * 12]
    rows = {k: (LONG if k % 2 == 0 else OUT) | {"size": 0.001} for k in range(24)}
    market, decisions = market_of(bars, minutes=1440), decisions_of(25, rows)
    level = simulate(market, decisions, FREE).metrics["break_even_cost_bps"].value
    assert level is not None
    there = simulate(market, decisions, Costs(maker_bps=level, taker_bps=level, slippage_bps=0))
    assert there.metrics["net_return"].value == pytest.approx(0, abs=1e-6)


def test_fees_and_gross_return() -> None:
    result = daily_trades([1.1], Costs(maker_bps=0, taker_bps=10, slippage_bps=0))
    quantity = 1_000 / (100 * 1.001)
    fees = quantity * (100 + 110) * 0.001
    assert result.metrics["fees"].value == pytest.approx(fees, **EXACT)
    assert result.metrics["gross_return"].value == pytest.approx(quantity * 10 / 1_000, **EXACT)
    assert result.metrics["net_return"].value == pytest.approx((quantity * 10 - fees) / 1_000, **EXACT)


def test_no_trade_is_unknown_and_never_a_score() -> None:
    metrics = simulate(market_of([flat_bar(100)] * 3), decisions_of(3, {}), FREE).metrics
    assert metrics["trades"].value == 0
    for name in (
        "net_return",
        "gross_return",
        "max_drawdown",
        "sharpe",
        "win_rate",
        "expectancy_bps",
        "net_return_at_5bps",
    ):
        assert metrics[name].value is None
        assert "no trade" in metrics[name].why or "0 closed trades" in metrics[name].why
    assert metrics["fees"].value == 0


def test_ratios_over_too_few_trades_or_days_are_unknown() -> None:
    few = daily_trades([1.1, 0.95] * 3).metrics
    assert few["net_return"].value is not None
    for name in ("sharpe", "sortino", "win_rate", "profit_factor", "expectancy_bps", "break_even_cost_bps"):
        assert few[name].value is None
        assert few[name].why == "6 closed trades, needs 10"
    assert sharpe(np.linspace(-0.01, 0.01, 19), 50).why == "19 days, needs 20"
    assert sharpe(np.zeros(30), 50).why == "daily returns never vary"
    assert sortino(np.full(30, 0.01), 50).why == "no day lost"
    assert daily_trades([1.1] * 12).metrics["profit_factor"].why == "no trade lost"


def test_every_unknown_has_a_reason_and_every_figure_a_unit(dozen: Backtest) -> None:
    for result in (dozen, daily_trades([1.1])):
        for name, metric in result.metrics.items():
            assert metric.name == name
            assert metric.unit
            assert metric.value is None or np.isfinite(metric.value)
            assert metric.value is not None or metric.why


def test_drawdown_counts_from_the_initial_cash() -> None:
    result = daily_trades([0.9, 1.05])
    np.testing.assert_allclose(drawdown(result), [0, 0, 0.1, 0.1, 1 - 0.9 * 1.05], atol=1e-12)


def test_daily_returns_use_the_last_close_of_each_utc_day() -> None:
    bars = [flat_bar(100)] * 2 + [flat_bar(110)] * 287 + [flat_bar(121)]
    result = simulate(market_of(bars), decisions_of(290, {0: LONG}), FREE)
    np.testing.assert_allclose(daily_returns(result), [0.1, 0.1], atol=1e-12)


def test_by_month() -> None:
    bars = [flat_bar(100)] * 20 + [flat_bar(110)] * 20 + [flat_bar(99)] * 40
    rows = {5: LONG, 25: OUT, 26: {"enter_short": 1.0}, 35: {"exit_short": 1.0}}
    result = simulate(market_of(bars, minutes=1440), decisions_of(80, rows), FREE)
    months = by_month(result)
    assert list(months) == ["2024-01", "2024-02", "2024-03"]
    assert months["2024-01"].value == pytest.approx(0.1, **EXACT)
    assert (months["2024-01"].n, months["2024-02"].n) == (1, 1)
    assert months["2024-02"].value == pytest.approx(0.0, **EXACT)
    assert (months["2024-03"].value, months["2024-03"].why) == (None, "no trade")
    assert np.prod([1 + (month.value or 0) for month in months.values()]) == pytest.approx(1.1, **EXACT)


def test_a_ruined_account_has_finite_metrics() -> None:
    bars = [flat_bar(100)] * 2 + [flat_bar(300)] * 40
    result = simulate(market_of(bars, minutes=1440), decisions_of(42, {0: {"enter_short": 1.0}}), FREE)
    assert result.metrics["net_return"].value == -1
    assert daily_returns(result)[-1] == 0
    assert by_month(result)["2024-02"].value is None


def walk(seed: int, sign: float) -> Backtest:
    moves = np.random.default_rng(seed).normal(0, 0.02, 60) * sign
    prices = 100 * np.exp(np.cumsum(moves))
    values = np.zeros((60, 9))
    values[0, 0] = values[0, 4] = 1
    return simulate(
        market_of([flat_bar(p) for p in prices], minutes=1440), Decisions("TESTUSDT", values), FREE
    )


def test_universe_correlation() -> None:
    same, mirrored, silent = walk(1, 1.0), walk(1, -1.0), walk(2, 0.0)
    metric, pairs = universe_correlation({"A": same, "B": same, "C": mirrored, "D": silent})
    assert pairs[("A", "B")] == pytest.approx(1)
    assert pairs[("A", "C")] < -0.95
    assert set(pairs) == {("A", "B"), ("A", "C"), ("B", "C")}
    assert metric.value == pytest.approx(np.mean(list(pairs.values())))
    unknown, none = universe_correlation({"A": same})
    assert unknown.value is None and "needs 2" in unknown.why and none == {}
    assert universe_correlation({})[0].value is None


def test_size_against_bar_volume() -> None:
    bars = [flat_bar(100)] * 9
    rows = {k: (LONG if k % 2 == 0 else OUT) | {"size": 0.1} for k in range(8)}
    market, decisions = market_of(bars), decisions_of(9, rows)
    volumes = np.array([1, 100, 1, 200, 1, 50, 1, 1000, 1], dtype=float)
    metric = simulate(market.with_columns({"volume": volumes}), decisions, FREE, initial_cash=10_000).metrics[
        "volume_share_p95"
    ]
    assert (metric.value, metric.n) == (pytest.approx(10 / 50), 4)
    everything = simulate(market.with_columns({"volume": volumes}), decisions, FREE).metrics
    assert everything["volume_share_max"].value == metric.value
    assert everything["volume_share_median"].value == pytest.approx(10 / 100)
    volumes[5] = 0
    silent = simulate(market.with_columns({"volume": volumes}), decisions, FREE).metrics["volume_share_p95"]
    assert silent.value is None and "without volume" in silent.why
