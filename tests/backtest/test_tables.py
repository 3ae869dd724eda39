"""Where an account's trades were made: hours, exits, regimes, symbols."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import FREE, START_NS, decisions_of, flat_bar, market_of

from lab.worlds import generate_world
from tools.backtest.portfolio import simulate_portfolio
from tools.backtest.report import backtest_json, backtest_text
from tools.backtest.simulate import simulate
from tools.backtest.tables import by_exit, by_hour, by_regime, by_symbol, row_of
from tools.contracts import Backtest, Costs, Decisions, ExitReason

LONG, OUT = {"enter_long": 1.0}, {"exit_long": 1.0}


@pytest.fixture(scope="module")
def hourly() -> Backtest:
    """Twelve days of hourly bars: each day in at 03:00 and out an hour later 1 % higher; twice in at 20:00, 1 % lower."""
    bars, rows = [flat_bar(100)] * (24 * 12), {}
    for day in range(12):
        rows[24 * day + 2], rows[24 * day + 3] = LONG, OUT
        bars[24 * day + 4] = flat_bar(101)
        if day < 2:
            rows[24 * day + 19], rows[24 * day + 20] = LONG, OUT
            bars[24 * day + 21] = flat_bar(99)
    return simulate(market_of(bars, minutes=60), decisions_of(len(bars), rows), FREE)


def test_by_hour(hourly: Backtest) -> None:
    table = by_hour(hourly)
    assert list(table) == ["03", "20"]
    assert (table["03"]["trades"], table["03"]["win_rate"], table["03"]["why"]) == (12, 1.0, "")
    assert table["03"]["mean_bps"] == pytest.approx(100)
    assert (table["20"]["mean_bps"], table["20"]["why"]) == (None, "2 closed trades, needs 10")
    assert sum(row["pnl"] for row in table.values()) == pytest.approx(sum(t.pnl for t in hourly.trades))


def test_by_exit_leaves_the_open_trade_out() -> None:
    bars = [
        flat_bar(100),
        (100, 106, 100, 100),
        flat_bar(100),
        (100, 100, 94, 100),
        flat_bar(100),
        flat_bar(100),
    ]
    rows = {0: LONG | {"target": 0.05}, 2: LONG | {"stop": 0.05}, 4: LONG}
    result = simulate(market_of(bars), decisions_of(6, rows), FREE)
    assert {name: row["trades"] for name, row in by_exit(result).items()} == {"stop": 1, "target": 1}
    assert result.trades[-1].reason is ExitReason.OPEN


def test_by_regime_covers_every_bar_and_every_trade() -> None:
    (market,) = generate_world(days=30, symbols=["BTC"]).markets.values()
    values = np.zeros((len(market), 9))
    values[::50, 0], values[25::50, 1], values[:, 4] = 1.0, 1.0, 1.0
    result = simulate(market, Decisions(market.symbol, values), Costs())
    closed = sum(t.reason is not ExitReason.OPEN for t in result.trades)
    tables = by_regime(result, market)
    assert list(tables) == ["volatility", "volume", "session"]
    for table in tables.values():
        assert sum(row["trades"] for row in table.values()) == closed
        assert sum(row["time_share"] for row in table.values()) == pytest.approx(1)
    assert set(tables["session"]) == {"asia", "europe", "us"}
    decided = (market.time[result.trades[0].entry_bar - 1] // 3_600_000_000_000) % 24
    assert decided == 0 and tables["session"]["asia"]["trades"] > 0


def test_a_row_of_nothing_says_so() -> None:
    assert row_of([]) == {
        "trades": 0,
        "pnl": 0.0,
        "mean_bps": None,
        "win_rate": None,
        "why": "0 closed trades, needs 10",
    }


def test_a_portfolio_in_json_and_in_words(hourly: Backtest) -> None:
    bars = [flat_bar(100 + k % 7) for k in range(60)]
    rows = {k: LONG if k % 4 == 0 else OUT for k in range(0, 56, 2)}
    markets = {name: market_of(bars, symbol=name) for name in "AB"}
    decisions = {name: decisions_of(60, rows, name) for name in "AB"}
    portfolio = simulate_portfolio(markets, decisions, FREE)
    alone = {name: simulate(markets[name], decisions[name], FREE) for name in "AB"}
    document = backtest_json(alone, FREE, START_NS, markets=markets, portfolio=portfolio)["portfolio"]
    assert document["trades"] == 28
    assert {name: row["trades"] for name, row in by_symbol(portfolio.account).items()} == {"A": 14, "B": 14}
    assert document["rules"]["max_positions"] == 2 and document["rules"]["max_exposure"] == 1.0
    assert (document["entries_refused"], document["entries_cut"]) == (0, 0)
    assert "portfolio" not in backtest_json(alone, FREE, START_NS)
    for dimension, table in document["by_regime"].items():
        assert sum(row["trades"] for row in table.values()) == 28
        assert sum(row["pnl"] for row in table.values()) == pytest.approx(
            sum(trade.pnl for trade in portfolio.account.trades)
        )
        single = by_regime(alone["A"], markets["A"])[dimension]
        for state, row in single.items():
            assert table[state]["trades"] == 2 * row["trades"]
            assert table[state]["time_share"] == pytest.approx(row["time_share"])
    text = backtest_text(alone, FREE, START_NS, portfolio=portfolio)
    assert "PORTFOLIO" in text and "0 entries refused" in text
    assert "leverage 3 (isolated)" in backtest_text(alone, replace(FREE, leverage=3.0), None)
