"""What ``process`` returns: orders become decisions, everything else one clear line with its bar and place."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from adapter_contract import wavy_market
from process_bots import Bots, bots

from sandbox.host.contracts import Status
from tools.backtest.simulate import simulate
from tools.contracts import Costs, Decisions
from tools.system.runner import require

pytestmark = pytest.mark.sandbox
MARKET = wavy_market(80)
CLOSE = MARKET.columns["close"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bots]:
    with bots(tmp_path_factory.mktemp("bots")) as ready:
        yield ready


AT_SECOND = (
    'if len(dataset["ohlcv"]) < 2:\n    return {"orders": []}\nclose = dataset["ohlcv"]["close"].iloc[-1]\n'
)
WRONG = {
    'return {"orders": [], "error": "no candles"}': "caught an error and returned it as 'error': no candles",
    'return {"orders": [], "errors": ["a", "b"]}': "returned it as 'errors': \\['a', 'b'\\]",
    'return {"status": "error", "message": "the feed is down"}': "status 'error': the feed is down",
    'return {"success": False, "reason": "late"}': "success = False: late",
    'return ValueError("odd")': "returned an exception instead of raising it: ValueError: odd",
    "return None": "returned None: return",
    "pass": "returned None: return",
    'return [{"side": "buy"}]': "returned a list: return",
    'return "buy"': "returned a str: return",
    "return {}": "a dict without orders \\(keys: none\\)",
    'return {"signals": [], "n": 1}': "without orders \\(keys: signals, n\\)",
    'return {"orders": None}': "orders of type NoneType: wanted a list",
    'return {"orders": {"side": "buy"}}': "orders of type dict: wanted a list",
    'return {"orders": ["BUY"]}': "order 0 is a str \\('BUY'\\): wanted a dict",
    'return {"orders": [{"symbol": "TONUSDT"}]}': "order 0 has no side: write buy, sell",
    'return {"orders": [{"side": "upwards"}]}': "order 0 has side 'upwards': write buy, sell",
    'return {"orders": [{"symbol": "ETHUSDT", "side": "buy"}]}': "order 0 is for 'ETHUSDT', but there is TONUSDT: .*symbols = \"all\"",
    'return {"orders": [{"side": "buy", "quantity": -1}]}': "quantity = -1: must not be negative",
    'return {"orders": [{"side": "buy", "quantity": float("nan")}]}': "quantity = nan: wanted a number",
    'return {"orders": [{"side": "buy", "quantity": "2"}]}': "quantity = '2' of type str: wanted a number",
    'return {"orders": [{"side": "buy", "quantity": True}]}': "quantity = 'True' of type bool",
    'return {"orders": [{"side": "buy", "size": 20}]}': "size = 20: a fraction of equity .* write quantity for units",
    'return {"orders": [{"side": "buy", "stop_loss": 0.02}]}': "stop at 0.02, far from the close .* stop = 0.02 for a distance",
    'return {"orders": [{"side": "buy", "take_profit": 0.04}]}': "target at 0.04, on the wrong side .* for a long",
    'return {"orders": [{"side": "short", "stop_loss": close * 0.9}]}': "stop at .* on the wrong side .* for a short",
    'return {"orders": [{"side": "buy", "trail": 2}]}': "trail = 2: a fraction of the price",
    'return {"orders": [{"side": "buy"}, {"side": "sell"}]}': "buy and sell one symbol at once",
    "raise RuntimeError('odd')": "RuntimeError: odd \\(bot.py:5\\), at",
    "return dataset['cvd']": "cvd: the market reports no taker flow; .*flow_estimate",
    "return dataset['rsi']": "rsi: the dataset has symbol, .*ohlcv",
    "return dataset['BTCUSDT']": 'BTCUSDT: TONUSDT alone is shown; .*symbols = "all"',
    "return portfolio_state['balance']": "balance.*there is cash, equity",
}


@pytest.mark.parametrize(("body", "said"), WRONG.items())
def test_each_mistake_is_one_line_that_names_its_bar_and_place(run: Bots, body: str, said: str) -> None:
    answer = run.ask(AT_SECOND + body, MARKET)
    assert answer.decisions is None and answer.outcome.status is Status.REJECTED
    reason = answer.outcome.reason
    assert re.search(said, reason), reason
    assert "\n" not in reason and re.search(r"\(bot\.py:\d+\)", reason), reason
    assert "2023-11-15 00:05 UTC" in reason, reason  # the second bar


FINE = {
    "buy": ("enter_long", '{"side": "buy"}'),
    "BUY with a symbol": ("enter_long", '{"symbol": "TON/USDT:USDT", "side": "BUY", "quantity": 3.0}'),
    "long": ("enter_long", '{"action": "long", "amount": 3}'),
    "an enumeration": ("enter_long", '{"side": Side.BUY, "quantity": Decimal("3")}'),
    "a dataclass": ("enter_long", 'Order("ton-usdt", "Buy", 3.0)'),
    "short": ("enter_short", '{"side": "Short", "qty": np.float64(3.0)}'),
    "sell": ("enter_short", '{"side": "sell", "quantity": 3.0, "reason": "x"}'),
}
HEAD = """
    from dataclasses import dataclass
    from decimal import Decimal
    from enum import Enum

    import numpy as np

    class Side(Enum):
        BUY = "buy"

    @dataclass
    class Order:
        symbol: str
        side: str
        quantity: float

    def process(dataset, portfolio_state):
        first = len(dataset["ohlcv"]) == 10
        return {"orders": [%s] if first else []}
"""


@pytest.mark.parametrize(("column", "order"), FINE.values(), ids=FINE)
def test_an_order_enters_once(run: Bots, column: str, order: str) -> None:
    values = require(run.ask("", MARKET, file=HEAD % order))
    assert np.flatnonzero(values.column(column)).tolist() == [9]
    assert values.values[:, :4].sum() == 1.0


def orders(run: Bots, plan: dict[int, str], settings: str = "") -> Decisions:
    """Decisions of a bot that orders ``plan``: bar -> an order's source (``c`` is the close)."""
    cases = "".join(f"        {bar}: lambda c: {order},\n" for bar, order in plan.items())
    text = (
        "def process(dataset, portfolio_state):\n    plan = {\n" + cases + "    }\n"
        '    bar = int((dataset["timestamp"].value - 1_700_006_400_000_000_000) // 300_000_000_000)\n'
        '    c = dataset["ohlcv"]["close"].iloc[-1]\n'
        "    found = plan[bar](c) if bar in plan else []\n"
        '    return {"orders": found if isinstance(found, list) else [found]}\n'
    )
    return require(run.ask("", MARKET, file=text, settings=settings))


def trades(decided: Decisions, costs: Costs | None = None) -> list[tuple[int, int, int, str]]:
    found = simulate(MARKET, decided, costs or Costs()).trades
    return [(t.side, t.entry_bar, t.exit_bar, t.reason.value) for t in found]


def test_an_exit_leaves_whatever_its_word(run: Bots) -> None:
    for word in ("EXIT", "close", "Close_Long", "sell"):
        decided = orders(run, {5: '{"side": "buy"}', 20: f'{{"side": "{word}"}}'})
        assert trades(decided) == [(1, 6, 21, "signal")], word
    decided = orders(run, {5: '{"side": "buy"}', 20: '{"side": "close_short"}'})
    assert trades(decided) == [(1, 6, 79, "open")]


def test_one_order_reverses(run: Bots) -> None:
    for order in ('{"side": "short"}', '{"side": "sell", "quantity": 8.0}'):
        decided = orders(run, {5: '{"side": "buy", "quantity": 4.0}', 20: order})
        assert [t[:3] for t in trades(decided)] == [(1, 6, 21), (-1, 21, 79)]
    twice = simulate(MARKET, decided, Costs()).trades
    assert twice[1].quantity == pytest.approx(4.0, rel=0.01)


def test_a_quantity_is_the_share_of_equity_that_it_costs(run: Bots) -> None:
    decided = orders(run, {5: '{"side": "buy", "quantity": 7.0}', 30: '{"side": "sell", "quantity": 7.0}'})
    (trade,) = simulate(MARKET, decided, Costs()).trades
    gap = MARKET.columns["open"][6] / CLOSE[5]
    assert trade.quantity == pytest.approx(7.0 / gap, rel=1e-3)
    assert trades(decided) == [(1, 6, 31, "signal")], "what was ordered is sold again, whatever was filled"
    notional = orders(run, {5: '{"side": "buy", "notional": 700.0}'})
    assert notional.column("size")[5] == pytest.approx(0.07, rel=1e-3)


def test_parts_add_up_until_nothing_is_left(run: Bots) -> None:
    decided = orders(
        run,
        {
            5: '{"side": "buy", "quantity": 6.0}',
            10: '{"side": "sell", "quantity": 2.0}',
            15: '{"side": "EXIT", "quantity": 2.0}',
            20: '{"side": "sell", "quantity": 2.0, "reduceOnly": True}',
            25: '{"side": "buy", "quantity": 1.0}',
            30: '{"side": "buy", "quantity": 1.0}',
        },
    )
    assert [t[:3] for t in trades(decided)] == [(1, 6, 21), (1, 26, 79)]
    assert any(n.startswith("2 x orders to sell or buy back a part") for n in decided.notes), decided.notes
    assert any(n.startswith("1 x orders to add to a position") for n in decided.notes), decided.notes


def test_what_the_account_cannot_carry_is_cut_and_told(run: Bots) -> None:
    plan = {5: '{"side": "buy", "quantity": 1e6, "leverage": 20}'}
    decided = orders(run, plan, "[costs]\nleverage = 3\n")
    assert decided.column("size")[5] == 1.0
    assert {n.split(" x ", 1)[1][:20] for n in decided.notes} == {
        "orders larger than t",
        "orders with more lev",
    }
    low = orders(run, {5: '{"side": "buy", "leverage": 1.5}'}, "[costs]\nleverage = 3\n")
    assert low.column("size")[5] == 0.5 and low.notes == ()


def test_stop_and_target_rest_at_their_prices(run: Bots) -> None:
    low, high = float(CLOSE[5] * 0.985), float(CLOSE[5] * 1.02)
    decided = orders(run, {5: f'{{"side": "buy", "stop_loss": {low!r}, "take_profit": {high!r}}}'})
    (trade,) = simulate(MARKET, decided, Costs(slippage_bps=0.0)).trades[:1]
    assert trade.exit_price == pytest.approx(low if trade.reason.value == "stop" else high, rel=1e-9)
    distance = orders(run, {5: '{"side": "buy", "stop": 0.015, "target": 0.02}'})
    np.testing.assert_allclose(distance.values, decided.values, atol=1e-9)


def test_a_later_order_moves_the_stop(run: Bots) -> None:
    plan = {5: '{"side": "buy", "stop": 0.5}', 8: '{"side": "update", "stop_loss": c * 0.9999}'}
    moved = orders(run, plan)
    assert trades(moved)[0][3] == "stop" and trades(moved)[0][2] <= 12
    alone = orders(
        run, {5: '{"side": "buy"}', 8: '{"side": "sell", "type": "stop_market", "stopPrice": c * 0.9999}'}
    )
    assert trades(alone)[0][2:] == trades(moved)[0][2:]


def test_a_limit_that_the_close_meets_fills_at_the_next_open(run: Bots) -> None:
    for order in ('{"side": "buy", "price": c}', '{"side": "buy", "type": "MARKET", "price": c * 0.5}'):
        assert trades(orders(run, {5: order}))[0][:2] == (1, 6)


def test_a_limit_away_from_the_market_waits_for_one_bar(run: Bots) -> None:
    bar = int(np.flatnonzero(MARKET.columns["low"][1:] < CLOSE[:-1] * 0.9995)[0])
    low = float(MARKET.columns["low"][bar + 1])
    reached = orders(run, {bar: f'{{"side": "buy", "price": {low!r}}}'})
    assert trades(reached)[0][:2] == (1, bar + 2)
    assert any("limit orders away from the market" in n for n in reached.notes)
    missed = orders(run, {5: '{"side": "buy", "price": c * 0.5, "type": "limit"}'})
    assert trades(missed) == [] and any("did not reach" in n for n in missed.notes)


def test_unknown_keys_and_empty_orders_are_told(run: Bots) -> None:
    decided = orders(
        run, {5: '{"side": "buy", "iceberg": True, "comment": "x"}', 9: '{"side": "sell", "quantity": 0}'}
    )
    assert any("'iceberg'" in n for n in decided.notes) and any("quantity 0" in n for n in decided.notes)
    assert not any("comment" in n for n in decided.notes)
    assert trades(decided) == [(1, 6, 79, "open")]


def test_an_error_that_a_broad_except_hides_is_told(run: Bots) -> None:
    body = """
    try:
        strength = dataset["ohlcv"]["strength"].iloc[-1]
    except Exception:
        strength = 0.0
    print("x" * 4000)
    return {"orders": [{"side": "buy"}] if strength > 1.0 else []}
    """
    notes = require(run.ask(body, MARKET)).notes
    assert any("KeyError: 'strength' (bot.py:4) was caught inside process by the except at bot.py:5, on 9 of 9" in n
               for n in notes), notes  # fmt: skip
    narrow = body.replace("Exception", "KeyError")
    assert require(run.ask(narrow, MARKET)).notes == ()
