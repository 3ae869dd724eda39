"""The same account as :func:`tools.backtest.kernel.account`, lived through one bar at a time.

For feeds in which the strategy is asked bar by bar and told its portfolio. It is plain Python over the kernel's own
rules (nothing to compile, a few microseconds a bar); a property test holds the two together: the same decisions give
the same trades and the same equity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from tools.backtest.inputs import funding_rates, price_arrays
from tools.backtest.prepare import BPS
from tools.contracts import Costs, Floats, Market

#: What a strategy is told of its portfolio after each bar. ``position`` is the signed notional at the close as a
#: fraction of equity, ``quantity`` signed, prices and money in quote currency, ``bars_held`` 0 on the entry bar,
#: ``unrealised_pnl`` net of what the open position has paid so far; 0 where there is no position.
PORTFOLIO = (
    "position",
    "quantity",
    "entry_price",
    "entry_bar",
    "bars_held",
    "cash",
    "equity",
    "unrealised_pnl",
    "realised_pnl",
    "fees",
    "best_price",
    "trades",
)
_FLAT_ROW = (0.0,) * len(PORTFOLIO)


@dataclass
class Position:
    """What is held. ``held`` is its own cash after the purchase; levels of 0 are off."""

    side: float
    quantity: float
    held: float
    entry_bar: int
    entry_price: float
    best: float
    stop: float
    target: float
    trail: float
    max_bars: float
    fees: float
    funding: float = 0.0


@dataclass(frozen=True)
class Closed:
    """One round trip, in the codes of the kernel's trade tables."""

    entry_bar: int
    exit_bar: int
    side: int
    reason: int
    quantity: float
    entry_price: float
    exit_price: float
    fees: float
    funding: float
    pnl: float


class SteppingAccount:
    """One symbol's account while it is lived through. Use it once, bars in order."""

    names = PORTFOLIO

    def __init__(self, market: Market, costs: Costs, *, initial_cash: float = 10_000.0) -> None:
        from tools.backtest import kernel  # imports numba (0.3 s), compiles nothing

        self._kernel: Any = kernel
        self._protective, self._resting = kernel.protective_level.py_func, kernel.resting_exit.py_func
        self._settle, self._wanted = kernel.settle.py_func, kernel.wanted_side.py_func
        self._opens, self._highs, self._lows, self._closes = (p.tolist() for p in price_arrays(market))
        self._funding = funding_rates(market, costs).rates.tolist()
        self._maker, self._taker = costs.maker_bps * BPS, costs.taker_bps * BPS
        self._slippage = costs.slippage_bps * BPS
        self._initial, self.cash, self.all_fees = initial_cash, initial_cash, 0.0
        self.dead = False
        self.position: Position | None = None
        self.closed: list[Closed] = []
        self.equity = [initial_cash] * len(market)
        self.ambiguous_bars = 0

    def step(self, bar: int, decisions: Floats, portfolio: Floats) -> None:
        """Live through ``bar`` on row ``bar - 1`` of ``decisions`` (bars, 9; NaN size = 1, other NaN = off) and
        write row ``bar`` of ``portfolio`` (bars, PORTFOLIO)."""
        if bar > 0:
            self._at_open(bar, decisions)
            if self.position is not None:
                self._inside(bar, self.position)
        position, close = self.position, self._closes[bar]
        if position is None:
            self.equity[bar] = self.cash
            portfolio[bar] = _FLAT_ROW
            row = portfolio[bar]
            row[5] = row[6] = self.cash
            row[8], row[9], row[11] = self.cash - self._initial, self.all_fees, len(self.closed)
            return
        portfolio[bar] = self._held_row(bar, position, close)

    def _held_row(self, bar: int, position: Position, close: float) -> tuple[float, ...]:
        worth = self.cash + position.held + position.quantity * close
        self.equity[bar] = worth
        gain = position.quantity * (close - position.entry_price) - position.fees - position.funding
        return (
            position.quantity * close / worth if worth > 0.0 else 0.0,
            position.quantity,
            position.entry_price,
            position.entry_bar,
            bar - position.entry_bar,
            self.cash + position.held,
            worth,
            gain,
            worth - self._initial - gain,
            self.all_fees,
            position.best,
            len(self.closed),
        )

    def _at_open(self, bar: int, decisions: Floats) -> None:
        kernel, opened, position = self._kernel, self._opens[bar], self.position
        if position is not None:
            payment = position.quantity * opened * self._funding[bar]
            position.held -= payment
            position.funding += payment
            reason = self._reason_at_open(bar, decisions, position, opened)
            if reason >= 0:
                price = opened * (1.0 - position.side * self._slippage)
                self._close(bar, position, price, self._taker, reason)
        wanted = self._wanted(decisions, bar - 1)
        if (wanted == 1 or wanted == -1) and self.position is None and not self.dead:
            size = float(decisions[bar - 1, kernel.SIZE])
            size = 1.0 if math.isnan(size) else size
            if size > 0.0:
                self._enter(bar, float(wanted), size, decisions[bar - 1].tolist())

    def _reason_at_open(self, bar: int, decisions: Floats, position: Position, opened: float) -> int:
        kernel = self._kernel
        if self.cash + position.held + position.quantity * opened <= 0.0:
            return int(kernel.LIQUIDATED)
        if decisions[bar - 1, kernel.EXIT_LONG if position.side > 0.0 else kernel.EXIT_SHORT] > 0.0:
            return int(kernel.SIGNAL)
        if position.max_bars > 0.0 and bar - position.entry_bar >= position.max_bars:
            return int(kernel.TIMED)
        return -1
