"""One symbol of a ``process`` strategy: turns the words of its orders into decisions, and lives through them.

What the account cannot do (a position keeps its size, an order fills at the next open) is counted, never passed over.
Decisions are made of what is known at the bar's close alone, so that they can be compared whatever comes later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sandbox.child.process_words import LEAVE, LEAVE_LONG, NO_ORDER, ORDER, REDUCE, STAY
from sandbox.host.contracts import AnswerError
from tools.backtest.step import (
    ENTER_LONG,
    ENTER_SHORT,
    EXIT_LONG,
    EXIT_SHORT,
    SIZE,
    STOP,
    TARGET,
    TRAIL,
    SteppingAccount,
)
from tools.contracts import DECISION_COLUMNS, Costs, ExitPlan, Floats, Market
from tools.system.adapters.process_notes import Notes

#: Every row says where stop and target rest on the next bar, as distances from its close.
PLAN = ExitPlan(levels=True)
_MAX_BARS = DECISION_COLUMNS.index("max_bars")
_SAME, _NEAR, _LEAST = 1e-6, 1e-9, 1e-12
_MOST = 1e15
_SIDES, _EXITS = (-2.0, -1.0, 0.0, 1.0, 2.0), (0.0, 1.0, 2.0, 3.0, 4.0)


@dataclass(frozen=True)
class Order:
    """The words of one bar's orders for a symbol (process_words.ORDER). Raises AnswerError for what none of our readers says."""

    exit: float = STAY
    side: float = 0.0
    quantity: float = 0.0
    notional: float = 0.0
    size: float = 0.0
    price: float = 0.0
    leverage: float = 0.0
    stop: float = 0.0
    target: float = 0.0
    trail: float = 0.0
    max_bars: float = 0.0

    def __post_init__(self) -> None:
        amounts = (
            self.quantity,
            self.notional,
            self.price,
            self.stop,
            self.target,
            self.leverage,
            self.max_bars,
        )
        fine = self.exit in _EXITS and self.side in _SIDES and all(0.0 <= value < _MOST for value in amounts)
        if not (fine and 0.0 <= self.size <= 1.0 and 0.0 <= self.trail < 1.0):
            raise AnswerError(
                f"an order makes no sense: {dict(zip(ORDER, vars(self).values(), strict=True))}"
            )

    @property
    def amount(self) -> bool:
        """Whether it says how much."""
        return bool(self.quantity or self.notional or self.size)


@dataclass(frozen=True)
class Resting:
    """A limit order that waits for one bar to reach its price. ``side`` is that of the purchase or sale."""

    order: Order
    side: float


class Book:
    """Use once, bars in order: ``step`` with the words of the bar before. ``values`` are the decisions, (bars, 9)."""

    def __init__(self, market: Market, costs: Costs, notes: Notes) -> None:
        self.account: SteppingAccount
        self._market = market
        self._plain = tuple(float(name == "size") for name in DECISION_COLUMNS)
        self.values: Floats = np.tile(self._plain, (len(market), 1))
        self._costs, self._notes = costs, notes
        self._resting: Resting | None = None
        self._stop = self._target = self._wanted = self._ordered = self._gone = 0.0

    def step(self, bar: int, words: Sequence[float]) -> tuple[float, ...]:
        """Live through ``bar`` on the orders of the bar before (none for bar 0); the account's words at its close."""
        if bar == 0:
            self.account = SteppingAccount(_of_two(self._market), self._costs, plan=PLAN)
            return self.account.step(0, ())
        account = self.account
        before = account.position
        if before is None and self._resting is None and words == NO_ORDER:
            return account.step(bar, self._plain)
        row = self._row(bar - 1, words)
        self.values[bar - 1] = row
        told = account.step(bar, row)
        position = account.position
        if position is None:
            self._stop = self._target = 0.0
        elif position is not before:
            self._ordered, self._gone = self._wanted or abs(position.quantity), 0.0
        return told

    def finish(self, words: Sequence[float]) -> None:
        """What was decided at the last close stands in the last row."""
        self.values[-1] = self._row(len(self.values) - 1, words)

    @property
    def _held(self) -> float:
        position = self.account.position
        return 0.0 if position is None else position.side

    def _row(self, bar: int, words: Sequence[float]) -> list[float]:
        row = list(self._plain)
        order = self._reached(bar, words)
        if order is not None:
            self._protect(bar, order)
            self._follow(bar, order, row)
        self._rest(bar, row)
        return row

    def _reached(self, bar: int, words: Sequence[float]) -> Order | None:
        """The order that counts at this close: the bar's own, or the limit order of the bar before if the bar reached it."""
        resting, self._resting = self._resting, None
        if tuple(words) != NO_ORDER:
            order = Order(*words)
            if resting is not None:
                self._notes.add("unreached", bar)
            return self._or_rest(bar, order)
        if resting is None:
            return None
        rules, price = self.account.rules, resting.order.price
        if (rules.lows[bar] <= price) if resting.side > 0.0 else (rules.highs[bar] >= price):
            self._notes.add("limit", bar)
            return resting.order
        self._notes.add("unreached", bar)
        return None

    def _or_rest(self, bar: int, order: Order) -> Order | None:
        """An order that the close does not meet waits for one bar."""
        side = order.side or (-self._held if order.exit != STAY else 0.0)
        if not order.price or not side:
            return order
        close = self.account.rules.closes[bar]
        if (order.price >= close * (1.0 - _NEAR)) if side > 0.0 else (order.price <= close * (1.0 + _NEAR)):
            return order
        self._resting = Resting(order, side)
        return None

    def _protect(self, bar: int, order: Order) -> None:
        """New levels of a position that is held; an entry brings its own."""
        if self._held:
            self._stop, self._target = order.stop or self._stop, order.target or self._target
            if order.trail and order.side == 0.0:
                self._notes.add("trail", bar)

    def _follow(self, bar: int, order: Order, row: list[float]) -> None:
        """Write into the row what the order changes."""
        held, side = self._held, float(np.sign(order.side))
        leaves = bool(held) and self._leaves(bar, order, held, side)
        if leaves:
            row[EXIT_LONG if held > 0.0 else EXIT_SHORT] = 1.0
        if not side or order.exit == REDUCE or (held and not leaves):
            return
        beyond = self._beyond(order, held, side) if held else order.quantity
        if held == side:
            self._notes.add("again", bar)
        elif beyond is not None:
            self._enter(bar, order, side, beyond, row)

    def _leaves(self, bar: int, order: Order, held: float, side: float) -> bool:
        """Whether the position ends; parts that are sold add up until nothing is left."""
        if order.exit == LEAVE or (
            order.exit not in (STAY, REDUCE) and (order.exit == LEAVE_LONG) == (held > 0.0)
        ):
            return True
        if side == held and (abs(order.side) == 1.0 or order.amount):
            self._notes.add("add", bar)
        if side != -held:
            return False
        position = self.account.position
        assert position is not None
        close = self.account.rules.closes[bar]
        part = order.quantity or order.notional / close or order.size * abs(position.quantity)
        if not part or abs(order.side) == 2.0:
            return True
        self._gone += part
        if self._gone >= min(self._ordered, abs(position.quantity)) * (1.0 - _SAME):
            return True
        self._notes.add("part", bar)
        return False

    def _beyond(self, order: Order, held: float, side: float) -> float | None:
        """How much of an order is left once the position that it ends is gone: base units, 0 = as it says; None = nothing."""
        if abs(order.side) == 2.0 or order.exit != STAY:
            return order.quantity
        position = self.account.position
        assert position is not None
        left = self._gone - max(self._ordered, abs(position.quantity))
        return left if order.quantity and left > _SAME * order.quantity else None

    def _enter(self, bar: int, order: Order, side: float, quantity: float, row: list[float]) -> None:
        worth, close = self.account.equity[bar], self.account.rules.closes[bar]
        if worth <= 0.0:
            return
        if order.side == -1.0 and not self._held:
            self._notes.add("short", bar)
        most = self._costs.leverage
        if order.leverage > most:
            self._notes.add("leverage", bar)
        leverage = min(order.leverage or most, most)
        limit = leverage / most
        notional = quantity * close or order.notional
        if notional:
            share = notional * (1.0 + most * self._costs.taker_bps * 1e-4) / (most * worth)
        else:
            share = (order.size or 1.0) * limit
        self._wanted = quantity
        if share > limit * 1.01:
            self._notes.add("cut", bar)
            self._wanted = 0.0
        row[ENTER_LONG if side > 0.0 else ENTER_SHORT] = 1.0
        row[SIZE], row[TRAIL], row[_MAX_BARS] = min(share, limit), order.trail, order.max_bars
        self._stop, self._target = order.stop, order.target

    def _rest(self, bar: int, row: list[float]) -> None:
        """Where stop and target rest on the next bar: of the position that is entered, else of the one that is held."""
        entered = row[ENTER_LONG] - row[ENTER_SHORT]
        side, close = entered or self._held, self.account.rules.closes[bar]
        if not side:
            return
        if self._stop:
            row[STOP] = max(side * (close - self._stop) / close, _LEAST)
        if self._target:
            row[TARGET] = max(side * (self._target - close) / close, _LEAST)


def _of_two(market: Market) -> Market:
    """An account wants two bars; the second of a market of one is never lived through."""
    if len(market) != 1:
        return market
    columns = {name: np.repeat(values, 2) for name, values in market.columns.items()}
    return replace(market, time=market.time[0] + np.array([0, 60_000_000_000]), columns=columns)
