"""An account lived through bar by bar ends like the kernel's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.backtest.prepare import prepare
from tools.backtest.step import PORTFOLIO, PositionAccount, SteppingAccount, as_row
from tools.contracts import DECISION_COLUMNS, Costs, Decisions, ExitPlan, Floats, Market


def make_market(rng: np.random.Generator, bars: int, wild: float) -> Market:
    """Bars with gaps, flat ones, and now and then a funding payment."""
    close = 100 * np.exp(np.cumsum(rng.normal(0, wild, bars)))
    opened = np.where(rng.random(bars) < 0.7, np.roll(close, 1), close * np.exp(rng.normal(0, wild, bars)))
    opened[0] = close[0]
    reach = np.where(rng.random(bars) < 0.2, 0.0, rng.exponential(wild, bars))
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) * (1 + reach),
        "low": np.minimum(opened, close) / (1 + reach),
        "close": close,
        "funding": np.where(rng.random(bars) < 0.1, rng.normal(0, 0.01, bars), 0.0),
    }
    time = np.arange(bars, dtype=np.int64) * 300_000_000_000
    return Market("X", 5, time, columns, {"price": ("open", "high", "low", "close"), "funding": ("funding",)})


def make_decisions(rng: np.random.Generator, bars: int) -> Floats:
    """Entries and exits at random, contradictions among them; distances, sizes and time stops on some."""
    values = np.zeros((bars, len(DECISION_COLUMNS)))
    values[:, :4] = rng.random((bars, 4)) < (0.15, 0.1, 0.15, 0.1)
    values[:, 4] = rng.choice([1.0, 0.5, 0.1, 0.0, np.nan], bars)
    for column, scale in ((5, 0.03), (6, 0.03), (7, 0.03)):
        values[:, column] = np.where(rng.random(bars) < 0.6, rng.random(bars) * scale, 0.0)
    values[:, 8] = np.where(rng.random(bars) < 0.3, rng.integers(1, 10, bars), 0.0)
    values[rng.random((bars, 9)) < 0.02] = np.nan
    return values


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    leverage=st.sampled_from([1.0, 3.0, 20.0]),
    wild=st.sampled_from([0.002, 0.02, 0.15]),
    planned=st.booleans(),
    moves=st.booleans(),
)
def test_stepping_gives_the_kernels_trades(
    seed: int, leverage: float, wild: float, planned: bool, moves: bool
) -> None:
    rng = np.random.default_rng(seed)
    market, values = make_market(rng, 300, wild), make_decisions(rng, 300)
    costs = Costs(leverage=leverage, slippage_bps=float(rng.choice([0.0, 3.0])))
    plan = ExitPlan(((0, 0.04), (5, 0.01), (9, -0.01)), 0.01, 0.005, moves)
    plan = plan if planned else ExitPlan(levels=moves)
    prepared = prepare(market, Decisions("X", values, plan), costs, 10_000.0)
    expected = prepared.run(costs)
    account = SteppingAccount(market, costs, plan=plan)
    rows = [account.step(bar, values[bar - 1].tolist() if bar else ()) for bar in range(300)]
    np.testing.assert_allclose(account.equity, expected.equity, rtol=1e-9, atol=1e-9)
    closed = expected.ints[expected.ints[:, 3] != 6]
    assert [(t.entry_bar, t.exit_bar, t.side, t.reason) for t in account.closed] == [
        tuple(row[:4]) for row in closed.tolist()
    ]
    numbers = [(t.quantity, t.entry_price, t.exit_price, t.fees, t.funding, t.pnl) for t in account.closed]
    np.testing.assert_allclose(
        np.reshape(numbers, (-1, 6)), expected.floats[: len(closed)], rtol=1e-9, atol=1e-9
    )
    assert account.ambiguous_bars == expected.ambiguous_bars
    table = {name: np.array([row[k] for row in rows]) for k, name in enumerate(PORTFOLIO)}
    np.testing.assert_allclose(
        table["realised_pnl"] + table["unrealised_pnl"] + 10_000.0, table["equity"], atol=1e-6
    )
    assert (np.sign(table["position"]) == np.sign(table["quantity"])).all() or (table["equity"] <= 0).any()


def test_a_portfolio_by_hand() -> None:
    prices = {
        "open": [10.0, 10.0, 11.0, 12.0],
        "high": [10.0, 11.0, 12.0, 12.0],
        "low": [10.0, 10.0, 11.0, 12.0],
        "close": [10.0, 11.0, 12.0, 12.0],
    }
    columns = {name: np.array(values) for name, values in prices.items()}
    market = Market("X", 5, np.arange(4, dtype=np.int64) * 300_000_000_000, columns, {"price": tuple(prices)})
    account = PositionAccount(market, Costs(0.0, 0.0, 0.0, funding=False), initial_cash=100.0)
    told = [dict(zip(PORTFOLIO, account.step(0, ()), strict=True))]
    for bar, target in ((1, 0.5), (2, 0.5), (3, 0.0)):
        told.append(dict(zip(PORTFOLIO, account.step(bar, (target,)), strict=True)))
    assert told[0]["position"] == 0 and told[0]["cash"] == told[0]["equity"] == 100
    assert told[1]["quantity"] == 5 and told[1]["entry_price"] == 10 and told[1]["entry_bar"] == 1
    assert told[1]["cash"] == 50 and told[1]["unrealised_pnl"] == 5 and told[1]["equity"] == 105
    assert told[2]["bars_held"] == 1 and told[2]["unrealised_pnl"] == 10
    assert told[2]["position"] == pytest.approx(60 / 110) and told[2]["best_price"] == 12
    assert told[3]["position"] == 0 and told[3]["realised_pnl"] == 10 and told[3]["trades"] == 1


@pytest.mark.parametrize(
    ("target", "row"),
    [(0.5, (1, 0, 0, 1, 0.5)), (-1.0, (0, 1, 1, 0, 1.0)), (0.0, (0, 1, 0, 1, 0.0))],
)
def test_a_target_position_as_decisions(target: float, row: tuple[float, ...]) -> None:
    assert as_row(target) == (*row, 0, 0, 0, 0)
