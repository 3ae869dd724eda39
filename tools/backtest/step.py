"""The same account as :func:`tools.backtest.kernel.account`, lived through one bar at a time.

For feeds in which the strategy is asked bar by bar and told its portfolio. It is plain Python over the kernel's own
rules (nothing to compile, a few microseconds a bar); a property test holds the two together: the same decisions give
the same trades and the same equity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.backtest.inputs import funding_rates, ladder_of, price_arrays
from tools.backtest.prepare import check_costs, terms_of
from tools.contracts import DECISION_COLUMNS, Costs, ExitPlan, Market

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


ENTER_LONG, EXIT_LONG, ENTER_SHORT, EXIT_SHORT, SIZE, STOP, TARGET, TRAIL = (
    DECISION_COLUMNS.index(name)
    for name in ("enter_long", "exit_long", "enter_short", "exit_short", "size", "stop", "target", "trail")
)
_KNOWN_ROWS = 4096


@dataclass
class Position:
    """What is held. ``held`` is its own cash after the purchase; levels of 0 are off; ``rung`` counts the targets
    of the exit plan that have begun."""

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
    liquidation: float
    fees: float
    funding: float = 0.0
    rung: int = 0


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


class Rules:
    """The kernel's rules as plain functions, and one market's prices as plain floats."""

    def __init__(self, market: Market, costs: Costs, plan: ExitPlan) -> None:
        from tools.backtest import kernel  # imports numba (0.3 s), compiles nothing

        self.kernel: Any = kernel
        self.wanted, self.entry_terms = kernel.wanted_side.py_func, kernel.entry_terms.py_func
        self.protective, self.resting = kernel.protective_level.py_func, kernel.resting_exit.py_func
        self.settle, self.nearer = kernel.settle.py_func, kernel.nearer_target.py_func
        self.liquidation, self.exit_at_open = kernel.liquidation_price.py_func, kernel.exit_at_open.py_func
        self.distant, self.moved = kernel.distant.py_func, kernel.moved_stop.py_func
        self.opens, self.highs, self.lows, self.closes = (p.tolist() for p in price_arrays(market))
        self.funding = funding_rates(market, costs).rates.tolist()
        terms = terms_of(costs, plan).tolist()
        self.maker, self.taker, self.slippage, self.leverage = terms[:4]
        self.maintenance, self.trail_after, self.trail_then = terms[4:7]
        self.moves, self.levels = plan.moves, plan.levels
        self.ladder = ladder_of(plan).tolist()


class SteppingAccount:
    """One symbol's account while it is lived through. Use it once, bars in order."""

    names = PORTFOLIO

    def __init__(
        self, market: Market, costs: Costs, *, initial_cash: float = 10_000.0, plan: ExitPlan | None = None
    ) -> None:
        check_costs(costs, initial_cash)
        self.rules = Rules(market, costs, plan or ExitPlan())
        self.free, self.dead, self.all_fees = float(initial_cash), False, 0.0
        self.position: Position | None = None
        self.closed: list[Closed] = []
        self.equity = [self.free] * len(market)
        self.ambiguous_bars = 0
        self._initial = self.free

    def step(self, bar: int, decided: Sequence[float]) -> tuple[float, ...]:
        """Live through ``bar`` on what was decided at the close before it (a row of DECISION_COLUMNS; NaN size = 1,
        other NaN = off; nothing for bar 0); the PORTFOLIO at its close."""
        if bar > 0:
            self._at_open(bar, decided)
            if self.position is not None:
                self._move_stop(bar, decided, self.position)
                self._inside(bar, self.position)
        return self._row(bar)

    def _move_stop(self, bar: int, decided: Sequence[float], position: Position) -> None:
        rules = self.rules
        if rules.levels:
            close, side = rules.closes[bar - 1], position.side
            position.stop = rules.distant(close, -side * max(0.0, decided[STOP]))  # 0 where it is NaN
            position.target = rules.distant(close, side * max(0.0, decided[TARGET]))
        elif rules.moves and position.entry_bar < bar and decided[STOP] > 0.0:
            seen = rules.highs[bar - 1], rules.lows[bar - 1]
            position.stop = rules.moved(position.side, position.stop, decided[STOP], *seen)

    def _row(self, bar: int) -> tuple[float, ...]:
        """The account marked at the bar's close."""
        position, trades = self.position, len(self.closed)
        if position is None:
            worth = self.equity[bar] = self.free
            return (
                0.0,
                0.0,
                0.0,
                0.0,
                0.0,
                worth,
                worth,
                0.0,
                worth - self._initial,
                self.all_fees,
                0.0,
                trades,
            )
        notional = position.quantity * self.rules.closes[bar]
        cash = self.free + position.held
        worth = self.equity[bar] = cash + notional
        gain = notional - position.quantity * position.entry_price - position.fees - position.funding
        return (
            notional / worth if worth > 0.0 else 0.0,
            position.quantity,
            position.entry_price,
            position.entry_bar,
            bar - position.entry_bar,
            cash,
            worth,
            gain,
            worth - self._initial - gain,
            self.all_fees,
            position.best,
            trades,
        )

    def _at_open(self, bar: int, decided: Sequence[float]) -> None:
        """Funding, then the market orders of the bar before."""
        rules, position = self.rules, self.position
        if position is not None:
            self._pay_funding(bar, position)
            reason = self._market_exit(bar, decided, position)
            if reason >= 0:
                price = rules.opens[bar] * (1.0 - position.side * rules.slippage)
                self._close(bar, position, price, rules.taker, reason)
        asked = decided[ENTER_LONG] > 0.0 or decided[ENTER_SHORT] > 0.0
        if asked and self.position is None and not self.dead:
            wanted = rules.wanted(np.array([decided]), 0)
            if wanted in (1, -1):
                self._enter(bar, float(wanted), decided)

    def _pay_funding(self, bar: int, position: Position) -> None:
        rules = self.rules
        if rules.funding[bar] != 0.0:
            payment = position.quantity * rules.opens[bar] * rules.funding[bar]
            position.held -= payment
            position.funding += payment
            position.liquidation = rules.liquidation(
                position.side, position.quantity, position.held, rules.maintenance
            )

    def _market_exit(self, bar: int, decided: Sequence[float], position: Position) -> int:
        rules = self.rules
        signal = decided[EXIT_LONG if position.side > 0.0 else EXIT_SHORT] > 0.0
        overdue = position.max_bars > 0.0 and bar - position.entry_bar >= position.max_bars
        held = position.side, position.quantity, position.held
        return int(rules.exit_at_open(*held, rules.opens[bar], rules.maintenance, signal, overdue))

    def _enter(self, bar: int, side: float, row: Sequence[float]) -> None:
        rules = self.rules
        size = 1.0 if math.isnan(row[SIZE]) else row[SIZE]
        if not size > 0.0:
            return
        stop, target, trail, max_bars = (0.0 if math.isnan(v) else v for v in row[SIZE + 1 :])
        price, stake = rules.opens[bar] * (1.0 + side * rules.slippage), self.free * size
        self.free -= stake
        quantity, fees, held = rules.entry_terms(side, stake, price, rules.taker, rules.leverage)
        self.all_fees += fees
        self.position = Position(
            side=side,
            quantity=quantity,
            held=held,
            entry_bar=bar,
            entry_price=price,
            best=price,
            stop=rules.distant(price, -side * stop),
            target=rules.distant(price, side * target),
            trail=trail,
            max_bars=max_bars,
            liquidation=rules.liquidation(side, quantity, held, rules.maintenance),
            fees=fees,
        )

    def _inside(self, bar: int, position: Position) -> None:
        """Resting orders. The trailing stop knows the best price up to the bar before."""
        rules, side = self.rules, position.side
        self._follow_plan(bar, position)
        high, low = rules.highs[bar], rules.lows[bar]
        worst, kindest = (low, high) if side > 0.0 else (high, low)
        level, why = rules.protective(
            side, position.stop, position.trail, position.best, position.liquidation
        )
        reason, price, both = rules.resting(
            side, (rules.opens[bar], worst, kindest), level, why, position.target, rules.slippage
        )
        self.ambiguous_bars += bool(both)
        if reason >= 0:
            rate = rules.maker if reason == rules.kernel.TARGETED else rules.taker
            self._close(bar, position, price, rate, reason)
        elif side * (kindest - position.best) > 0.0:
            position.best = kindest

    def _follow_plan(self, bar: int, position: Position) -> None:
        rules, side, entry = self.rules, position.side, position.entry_price
        while (
            position.rung < len(rules.ladder) and bar - position.entry_bar >= rules.ladder[position.rung][0]
        ):
            distance = rules.ladder[position.rung][1]
            position.target = rules.nearer(side, position.target, entry, distance)
            position.rung += 1
        if rules.trail_then > 0.0 and side * (position.best - entry) >= rules.trail_after * entry:
            position.trail = rules.trail_then

    def _close(self, bar: int, position: Position, price: float, rate: float, reason: int) -> None:
        back, price, fee, reason = self.rules.settle(position.held, position.quantity, price, rate, reason)
        self.free += back
        self.all_fees += fee
        self.dead = self.free <= 0.0
        fees = position.fees + fee
        pnl = position.quantity * (price - position.entry_price) - fees - position.funding
        self.closed.append(
            Closed(
                position.entry_bar,
                bar,
                1 if position.side > 0.0 else -1,
                reason,
                abs(position.quantity),
                position.entry_price,
                price,
                fees,
                position.funding,
                pnl,
            )
        )
        self.position = None


class PositionAccount:
    """The same for strategies that answer with a target position in [-1, 1]: above 0 it is long with that share
    of equity, below short, 0 flat. A position that is held keeps its size until it is closed."""

    names = PORTFOLIO

    def __init__(self, market: Market, costs: Costs, *, initial_cash: float = 10_000.0) -> None:
        self.account = SteppingAccount(market, costs, initial_cash=initial_cash)
        self._rows: dict[float, tuple[float, ...]] = {}

    def step(self, bar: int, decided: Sequence[float]) -> tuple[float, ...]:
        """As SteppingAccount's, on one number: the target."""
        if not decided:
            return self.account.step(bar, ())
        wanted = decided[0]
        row = self._rows.get(wanted)
        if row is None:
            row = as_row(wanted)
            if len(self._rows) < _KNOWN_ROWS:
                self._rows[wanted] = row
        return self.account.step(bar, row)


def as_row(position: float) -> tuple[float, ...]:
    """A target position as a row of DECISION_COLUMNS: enter that side, leave the other, 0 leaves both."""
    long, short = float(position > 0.0), float(position < 0.0)
    return long, 1.0 - long, short, 1.0 - short, abs(position), 0.0, 0.0, 0.0, 0.0
