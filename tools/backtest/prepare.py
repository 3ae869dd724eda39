"""Inputs checked once, runs under any costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.backtest.errors import BacktestError
from tools.backtest.inputs import Funding, decision_values, funding_rates, price_arrays
from tools.contracts import Costs, Decisions, Floats, Ints, Market

BPS = 1e-4
#: Room for trades in the first attempt; the kernel is run again when it needs more.
_FIRST_ROOM = 4096


@dataclass(frozen=True)
class Account:
    """What one run of the kernel leaves: ``equity`` (bars), trade tables, and counts of bars."""

    equity: Floats
    ints: Ints
    floats: Floats
    ambiguous_bars: int
    conflicting_bars: int


@dataclass(frozen=True)
class Prepared:
    """Checked inputs, ready to be run under several costs."""

    market: Market
    prices: tuple[Floats, Floats, Floats, Floats]
    values: Floats
    funding: Funding
    initial_cash: float

    def run(self, costs: Costs) -> Account:
        """One account under ``costs`` (``costs.funding`` was decided when the inputs were prepared)."""
        room = min(len(self.market), max(_FIRST_ROOM, len(self.market) // 16))
        count, account = self._attempt(costs, room)
        if count > room:
            _, account = self._attempt(costs, count)
        return account

    def _attempt(self, costs: Costs, room: int) -> tuple[int, Account]:
        from tools.backtest import kernel  # numba takes 0.3 s to import

        equity = np.empty(len(self.market))
        ints, floats = np.empty((room, 4), dtype=np.int64), np.empty((room, 6))
        rates = (costs.maker_bps * BPS, costs.taker_bps * BPS, costs.slippage_bps * BPS)
        count, ambiguous, conflicting = kernel.account(
            *self.prices, self.values, self.funding.rates, *rates, self.initial_cash, equity, ints, floats
        )
        return count, Account(equity, ints[:count], floats[:count], ambiguous, conflicting)


def prepare(market: Market, decisions: Decisions, costs: Costs, initial_cash: float) -> Prepared:
    """Checks everything once, so that the same decisions can be run under several costs."""
    if not (np.isfinite(initial_cash) and initial_cash > 0):
        raise BacktestError(f"initial cash of {initial_cash!r}: it must be positive")
    for name in ("maker_bps", "taker_bps", "slippage_bps"):
        if not -100.0 <= getattr(costs, name) < 5_000.0:
            raise BacktestError(
                f"[costs].{name} is {getattr(costs, name)!r}: use basis points a side, such as 5"
            )
    values = decision_values(market, decisions)
    return Prepared(market, price_arrays(market), values, funding_rates(market, costs), float(initial_cash))
