"""What a person and a program read about backtests."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from lab.worlds import generate_world
from tools.backtest.page import BUY_COLOUR, SELL_COLOUR, backtest_html
from tools.backtest.portfolio import PortfolioRules, simulate_portfolio
from tools.backtest.report import backtest_json, backtest_text
from tools.backtest.simulate import simulate_many
from tools.contracts import Backtest, Costs, Decisions, ExitReason, Market

COSTS = Costs()


@pytest.fixture(scope="module")
def markets() -> dict[str, Market]:
    return dict(generate_world(days=30, symbols=["BTC", "ETH", "TON"]).markets)


@pytest.fixture(scope="module")
def backtests(markets: dict[str, Market]) -> dict[str, Backtest]:
    """BTC and ETH trade once a day, TON never."""
    decisions = {}
    for symbol, market in markets.items():
        values = Decisions(symbol, np.zeros((len(market), 9))).values
        values[:, 4] = 1.0
        if symbol != "TONUSDT":
            values[::288, 0] = 1.0
            values[144::288, 1] = 1.0
            values[len(market) - 10, 0] = 1.0
        decisions[symbol] = Decisions(symbol, values)
    return simulate_many(markets, decisions, COSTS)


def test_json_has_the_agreed_shape_and_is_strict_json(backtests: dict[str, Backtest]) -> None:
    answer = backtest_json(backtests, COSTS, 1_735_689_600_000_000_000)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert list(answer["symbols"]) == ["BTCUSDT", "ETHUSDT", "TONUSDT"]
    assert answer["costs"] == {
        "maker_bps": 2.0,
        "taker_bps": 5.0,
        "slippage_bps": 1.0,
        "funding": True,
        "leverage": 1.0,
        "maintenance_margin": 0.005,
    }
    assert answer["until"] == "2025-01-01T00:00:00Z"
    traded, silent = answer["symbols"]["BTCUSDT"], answer["symbols"]["TONUSDT"]
    assert {"trades", "net_return", "sharpe", "max_drawdown", "fees", "why"} <= set(traded)
    assert (traded["trades"], traded["open_trades"], silent["trades"]) == (30, 1, 0)
    assert isinstance(traded["trades"], int)
    assert list(traded["cost_sensitivity"]) == ["0", "2", "5", "10", "20"]
    assert list(traded["by_month"]) == ["2025-01"]
    assert silent["net_return"] is None and silent["why"]["net_return"] == "no trade"
    for symbol in answer["symbols"].values():
        unknown = {name for name, value in symbol.items() if value is None}
        assert set(symbol["why"]) == unknown
    assert set(answer["units"]) == set(traded["n"])
    assert backtest_json(backtests, COSTS, None)["until"] is None


def test_text_says_what_is_unknown_and_why(backtests: dict[str, Backtest]) -> None:
    text = backtest_text(backtests, COSTS, None)
    lines = text.splitlines()
    assert lines[0].split()[:3] == ["symbol", "trades", "net"]
    assert re.match(r"TONUSDT\s+0\s+\?", lines[3])
    assert "? TONUSDT: no trade (net, max dd)" in lines
    assert max(map(len, lines)) <= 120
    assert "delisted" in text


def test_page_is_self_contained_and_follows_the_chart_contract(
    backtests: dict[str, Backtest], markets: dict[str, Market]
) -> None:
    page = backtest_html(backtests, COSTS, None, markets=markets, title="A <b> title")
    outside = re.sub(r"<script>.*?</script>", "", page, flags=re.S)
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", outside)
    assert "A &lt;b&gt; title" in page
    assert "window.__chartFacts" in page
    for symbol in backtests:
        assert f'<h2 data-field="symbol">{symbol}</h2>' in page
    assert page.count('data-field="as-of"') == 3
    assert page.count('data-panel="equity"') == page.count('data-panel="price"') == 3
    assert re.search(r'data-metric="trades" data-value="30\.0" data-n="\d+">30<', page)
    assert re.search(r'data-metric="net_return" data-value="" data-n="0">\?<', page)


def test_page_draws_exactly_the_fills(backtests: dict[str, Backtest], markets: dict[str, Market]) -> None:
    page = backtest_html(backtests, COSTS, None, markets=markets)
    data = re.search(r'<script id="charts" type="application/json">(.*?)</script>', page, re.S)
    assert data
    charts = {chart["id"]: chart for chart in json.loads(data[1])}
    price, buys, sells = charts["price-BTCUSDT"]["traces"]
    trades = backtests["BTCUSDT"].trades
    closed = [trade for trade in trades if trade.reason is not ExitReason.OPEN]
    assert buys["y"] == [trade.entry_price for trade in trades]
    assert sells["y"] == [trade.exit_price for trade in closed]
    assert (buys["marker"]["color"], sells["marker"]["color"]) == (BUY_COLOUR, SELL_COLOUR)
    assert page.count(BUY_COLOUR) == page.count(SELL_COLOUR) == 3
    equity = charts["equity-BTCUSDT"]["traces"][0]
    assert equity["y"][-1] == pytest.approx(backtests["BTCUSDT"].equity[-1])
    assert len(price["y"]) <= 1300
    close = markets["BTCUSDT"].columns["close"]
    assert (min(price["y"]), max(price["y"])) == pytest.approx(
        (close.min(), close.max())
    )  # no extreme is lost
    depth = charts["indicator-drawdown-BTCUSDT"]["traces"][0]
    assert -min(depth["y"]) / 100 == pytest.approx(backtests["BTCUSDT"].metrics["max_drawdown"].value)
    assert len(charts["price-TONUSDT"]["traces"][1]["y"]) == 0


def test_page_shows_the_shared_account_and_why_figures_are_unknown(
    backtests: dict[str, Backtest], markets: dict[str, Market]
) -> None:
    values = np.zeros((len(markets["BTCUSDT"]), 9))
    values[::288, 0], values[144::288, 1], values[:, 4] = 1.0, 1.0, 1.0
    decisions = {name: Decisions(name, values.copy()) for name in ("BTCUSDT", "ETHUSDT")}
    shared = simulate_portfolio(markets, decisions, COSTS, PortfolioRules(1))
    page = backtest_html(backtests, COSTS, None, markets=markets, portfolio=shared)
    assert page.index('id="portfolio"') < page.index('id="BTCUSDT"')
    assert "At most 1 position and" in page and f"{shared.refused} entries refused" in page
    assert "Not known, no trade: net return" in page
    assert page.count("<h3>Session at the decision</h3>") == 3  # the portfolio has no regime of its own
    assert page.count("<h3>Symbol</h3>") == 1


def test_page_without_markets_has_no_price_panel(backtests: dict[str, Backtest]) -> None:
    page = backtest_html(backtests, COSTS, None)
    assert 'data-panel="price"' not in page
    assert 'data-panel="equity"' in page
