"""One bot for several symbols: every bar is told together, each symbol has its own account and its own decisions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from adapter_contract import wavy_market
from process_bots import Bots, bots

from tools.backtest.simulate import simulate
from tools.contracts import Costs, Decisions, Market
from tools.market.save import save_market
from tools.system.runner import require

pytestmark = pytest.mark.sandbox
BARS = 120
ALL = 'symbols = "all"\n\n[data]\npath = "data/*.parquet"\n'


def market(symbol: str, seed: int, bars: int = BARS) -> Market:
    rng = np.random.default_rng(seed)
    made = wavy_market(bars, symbol)
    scale = np.exp(np.cumsum(rng.normal(0.0, 0.003, bars)))
    return replace(made, columns={n: v * (scale if n != "volume" else 1.0) for n, v in made.columns.items()})


MARKETS = {symbol: market(symbol, k) for k, symbol in enumerate(("AAAUSDT", "BBBUSDT", "CCCUSDT"))}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bots]:
    root: Path = tmp_path_factory.mktemp("bots")
    (root / "data").mkdir()
    for one in MARKETS.values():
        save_market(one, root / "data" / f"{one.symbol}-5m.parquet")
    with bots(root) as ready:
        yield ready


ROTATION = """
    calls = []

    def process(dataset, portfolio_state):
        calls.append(dataset["timestamp"])
        returns = {s: d["ohlcv"]["close"].iloc[-1] / d["ohlcv"]["close"].iloc[max(-9, -len(d["ohlcv"]))] for s, d in dataset["markets"].items()}
        if len(calls) % 10 or len(calls) < 20:
            return {"orders": []}
        best = max(returns, key=returns.get)
        orders = [{"symbol": s, "side": "EXIT"} for s in portfolio_state["positions"] if s != best]
        if best not in portfolio_state["positions"]:
            share = portfolio_state["equity"] / len(dataset["symbols"])
            orders.append({"symbol": best, "side": "buy", "quantity": 0.9 * share / dataset[best]["ohlcv"]["close"].iloc[-1]})
        return {"orders": orders}
"""


def decided(run: Bots, file: str = ROTATION) -> dict[str, Decisions]:
    return {s: require(run.ask("", m, file=file, settings=ALL)) for s, m in MARKETS.items()}


def test_who_goes_through_the_dataset_meets_the_symbols_alone(run: Bots) -> None:
    """The same bot, written without ``markets``, decides the same."""
    plain = ROTATION.replace('dataset["markets"].items()', "((s, dataset[s]) for s in list(dataset))")
    assert plain != ROTATION
    other = decided(run, plain.replace('len(dataset["symbols"])', "len(dataset)"))
    for symbol, one in decided(run).items():
        np.testing.assert_array_equal(one.values, other[symbol].values)


def test_one_symbol_at_a_time_holds_it_all(run: Bots) -> None:
    """Where all symbols are asked about, one and the same story is told, whichever is looked at."""
    found = decided(run)
    held = np.zeros(BARS)
    for symbol, one in found.items():
        trades = simulate(MARKETS[symbol], one, Costs()).trades
        for trade in trades:
            held[trade.entry_bar : trade.exit_bar + (not trade.closed)] += 1
    assert sum(d.column("enter_long").sum() for d in found.values()) >= 4
    assert held.max() == 1.0, "what one symbol enters at an open, the other leaves there"
    assert held[25:].min() == 1.0


def test_the_others_accounts_are_told_as_they_are_decided(run: Bots) -> None:
    """The portfolio that the strategy sees while AAA is looked at is the one that BBB's own decisions give."""
    found = decided(run)
    equity = sum(simulate(MARKETS[s], d, Costs()).equity for s, d in found.items())
    tell = ROTATION.replace(
        "        if len(calls) % 10",
        f"        if len(calls) == {BARS}:\n            raise RuntimeError(repr(portfolio_state['equity']))\n        if len(calls) % 10",
    )
    for one in MARKETS.values():
        reason = run.ask("", one, file=tell, settings=ALL).outcome.reason
        assert float(reason.split()[1]) == pytest.approx(float(equity[-1]), rel=1e-12), reason


def test_later_bars_of_other_symbols_do_not_exist(run: Bots) -> None:
    whole = decided(run)["AAAUSDT"].values
    part = require(run.ask("", MARKETS["AAAUSDT"].cut(0, 70), file=ROTATION, settings=ALL)).values
    np.testing.assert_array_equal(part, whole[:70])


def test_asked_for_each_symbol_there_is_one(run: Bots) -> None:
    body = """
    if len(dataset["symbols"]) != 1 or list(dataset["markets"]) != [dataset["symbol"]]:
        raise RuntimeError("more than one")
    if "BBBUSDT" in dataset["markets"][dataset["symbol"]].get("symbol"):
        return {"orders": [{"symbol": "AAAUSDT", "side": "buy"}]}
    return {"orders": []}
    """
    settings = '[data]\npath = "data/*.parquet"\n'
    require(run.ask(body, MARKETS["AAAUSDT"], settings=settings))
    reason = run.ask(body, MARKETS["BBBUSDT"], settings=settings).outcome.reason
    assert "order 0 is for 'AAAUSDT', but there is BBBUSDT: for orders to several symbols write" in reason


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return dataset['ohlcv']", "there are 3 symbols: dataset['markets']['AAAUSDT']['ohlcv']"),
        ("return dataset['ZZZUSDT']", "ZZZUSDT: there is AAAUSDT, BBBUSDT, CCCUSDT"),
        ("return {'orders': [{'side': 'buy'}]}", "order 0 names no symbol: write one of AAAUSDT, BBBUSDT"),
        (
            "return {'orders': [{'symbol': 'ZZZ', 'side': 'buy'}]}",
            "order 0 is for 'ZZZ', but there is AAAUSDT",
        ),
    ],
)
def test_mistakes_name_what_there_is(run: Bots, body: str, said: str) -> None:
    reason = run.ask(body, MARKETS["BBBUSDT"], settings=ALL).outcome.reason
    assert said in reason, reason


def test_a_symbol_without_a_bar_takes_no_order(run: Bots, tmp_path: Path) -> None:
    """The bars of CCC begin late and have a hole; orders for it before are dropped and told."""
    body = 'return {"orders": [{"symbol": "CCCUSDT", "side": "long"}] if len(dataset["markets"]["AAAUSDT"]["ohlcv"]) in (5, 45) else []}'
    whole = MARKETS["CCCUSDT"]
    file = run.root / "data" / "CCCUSDT-5m.parquet"
    save_market(whole.cut(30, BARS), file)
    try:
        answer = require(run.ask(body, MARKETS["AAAUSDT"], settings=ALL))
        assert any("orders for a symbol that has no bar" in note for note in answer.notes), answer.notes
    finally:
        save_market(whole, file)
