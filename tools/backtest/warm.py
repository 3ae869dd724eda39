"""Fills numba's cache on disk, so that a person's first backtest does not wait for the compiler."""

from __future__ import annotations

import numpy as np

from tools.backtest.portfolio import simulate_portfolio
from tools.backtest.simulate import simulate
from tools.contracts import PRICE_COLUMNS, Costs, Decisions, Market


def warm_cache() -> None:
    """Compiles the account of one symbol and the shared one (seconds the first time, 0.1 s after that)."""
    prices = {name: np.full(3, 100.0) for name in PRICE_COLUMNS}
    market = Market(
        "WARMUSDT", 5, np.arange(3, dtype=np.int64) * 300_000_000_000, prices, {"price": PRICE_COLUMNS}
    )
    decisions = Decisions("WARMUSDT", np.zeros((3, 9)))
    simulate(market, decisions, Costs())
    simulate_portfolio({market.symbol: market}, {market.symbol: decisions}, Costs())
