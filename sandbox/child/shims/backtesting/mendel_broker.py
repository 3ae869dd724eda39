"""Mendel's own: turns what a Strategy wishes at a bar's close into one row of decisions.

The account is kept on the other side of the wall, which tells after every bar how it stands. One entry a position,
entries and exits at opens, a stop and a target that rest on the next bar: what cannot be said so is noted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .mendel_data import Data
from .mendel_notes import Notes, here
from .mendel_orders import Contingent, Entry, Order, Position, Trade

#: One row of decisions: enter and exit long, enter and exit short, size, stop, target, trail, bars.
Row = tuple[float, ...]
IDLE: Row = (0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
_MOST_STOP, _MOST_TARGET = 0.999999, 10.0
#: Of an order that fills at the open after the close at which its units were counted.
_ROUNDING = 0.02


@dataclass
class Terms:
    """What the script says of its Backtest, and what an entry costs here. ``cash`` scales all that is told."""

    cash: float = 10_000.0
    exclusive: bool = False
    hedging: bool = False
    fee: float = 0.0
    leverage: float = 1.0


@dataclass
class Broker:
    """Orders that wait, the trade that is open, those that are closed. ``meet`` it with a bar, then ask it to ``decide``."""

    data: Data
    terms: Terms
    notes: Notes = field(default_factory=Notes)
    waiting: list[Order] = field(default_factory=list)
    trade: Trade | None = None
    closed: list[Trade] = field(default_factory=list)
    bar: int = 0
    price: float = math.nan
    equity: float = 0.0
    free: float = 0.0
    _leaving: bool = False
    _entering: Entry | None = None
    _seen: int = 0

    def __post_init__(self) -> None:
        self._closes = self.data._whole["Close"]
        self._highs, self._lows = self.data._whole["High"], self.data._whole["Low"]
        self.position = Position(self)
        self._scale = 1.0

    # What a strategy asks and does.

    @property
    def trades(self) -> tuple[Trade, ...]:
        """Open ones: none or one."""
        return () if self.trade is None else (self.trade,)

    @property
    def orders(self) -> tuple[Order, ...]:
        """All that wait, stop and target of the open trade among them."""
        resting = [
            Contingent(self, t, name) for t in self.trades for name in ("sl", "tp") if getattr(t, name)
        ]
        return (*self.waiting, *resting)

    def order(self, side: float, size: float, limit: Any, stop: Any, sl: Any, tp: Any, tag: Any) -> Order:
        """A new one. Raises ValueError where it makes no sense."""
        verb = "buy" if side > 0 else "sell"
        if not (0 < size < 1 or (size >= 1 and float(size).is_integer())):
            raise ValueError(f"{verb}(size={size!r}): give a share below 1, or whole units from 1 on")
        limit, stop, sl, tp = (None if v is None else float(v) for v in (limit, stop, sl, tp))
        price = limit or stop or self.price
        low, high = (sl, tp) if side > 0 else (tp, sl)
        if (low is not None and not low < price) or (high is not None and not price < high):
            wants = "sl < price < tp" if side > 0 else "tp < price < sl"
            raise ValueError(f"{verb}(sl={sl}, tp={tp}) at a price of {price:g}: it needs {wants}")
        made = Order(self, side * size, limit, stop, sl, tp, tag)
        made.place = here() if limit or stop else ""
        if self.terms.exclusive:
            self.waiting.clear()
            self._leaving = self.trade is not None
        self.waiting.append(made)
        return made

    def cancel(self, order: Order) -> None:
        """It is gone; nothing where it is already."""
        self.waiting = [other for other in self.waiting if other is not order]

    def leave(self, trade: Trade, portion: float) -> None:
        """Close a trade, or a part of it, at the next open."""
        if round(abs(trade.size) * portion) >= abs(trade.size) or portion == 1:
            self._leaving = True
        else:
            self.notes.add("part")

    def time_of(self, bar: int) -> Any:
        """When a bar opens."""
        return self.data._all[bar]

    # What happened in a bar.

    def meet(self, bar: int, told: Mapping[str, float]) -> None:
        """A bar has closed: how the account stands, and what came of the last row."""
        if not bar:
            self._scale = self.terms.cash / told["equity"]
        scale = self._scale
        self.bar, self.price = bar, float(self._closes[bar])
        self.equity, self.free = told["equity"] * scale, told["free"] * scale
        if int(told["closed"]) != self._seen or self._entering is not None:
            self._settle(told)
        self._leaving, self._entering = False, None

    def _settle(self, told: Mapping[str, float]) -> None:
        new, self._seen = int(told["closed"]) - self._seen, int(told["closed"])
        for which in ("before", "last")[2 - min(new, 2) :]:
            quantity, entry, exit_ = (
                told[f"{which}_{word}"] for word in ("quantity", "entry_price", "exit_price")
            )
            trade, self.trade = (
                self.trade or self._opened(quantity, entry, int(told[f"{which}_entry_bar"])),
                None,
            )
            trade.exit_price, trade.exit_bar = exit_, int(told[f"{which}_exit_bar"])
            self.closed.append(trade)
        if told["quantity"] and self.trade is None:
            self.trade = self._opened(told["quantity"], told["entry_price"], int(told["entry_bar"]))

    def _opened(self, quantity: float, price: float, bar: int) -> Trade:
        if self._entering is not None and self._entering.order in self.waiting:
            self.cancel(self._entering.order)
        return Trade(self, self._entering, quantity * self._scale, price, bar)

    # What is decided.

    def decide(self) -> Row:
        """The row of this bar: after all orders, what is left, entered, and where its stop and target rest."""
        if not self.waiting and not self._leaving and self.trade is None:
            return IDLE
        for order in [order for order in self.waiting if self._due(order)]:
            self._take(order)
            if self._entering is None or self._entering.order is not order:
                self.cancel(order)
        return self._row()

    def _due(self, order: Order) -> bool:
        """Whether it fills at the next open: a market order does, another one where this bar has met its price."""
        if order.limit is None and order.stop is None:
            return True
        if order.born >= self.bar:
            return False
        high, low = float(self._highs[self.bar]), float(self._lows[self.bar])
        if order.stop is not None:
            if (high < order.stop) if order.is_long else (low > order.stop):
                return False
            order.stop = None
        met = order.limit is None or (low <= order.limit if order.is_long else high >= order.limit)
        if met:
            self.notes.add("late", order.place)
            order.limit = None
        return met

    def _take(self, order: Order) -> None:
        """Carry out one order, after those before it."""
        trade, side = self.trade, math.copysign(1.0, order.size)
        if _past(order, self.price):
            self.notes.add("passed", order.place)
        elif trade is not None and not self._leaving:
            if side * trade.size > 0:
                self._note_if_affordable("add", order, self.free)
            else:
                self._against(order, trade)
        elif self._entering is not None:
            self._note_if_affordable("second", order, self.equity * (1.0 - self._entering.share))
        else:
            self._enter(order, side, abs(order.size) if abs(order.size) >= 1 else 0.0)

    def _against(self, order: Order, trade: Trade) -> None:
        if self.terms.hedging:
            self.notes.add("hedge")
            return
        units, held = self._affordable(order, self.free), abs(trade.size)
        if units < held:
            if units >= 1:
                self.notes.add("reduce")
            return
        self._leaving = True
        if units > held:
            self._enter(order, math.copysign(1.0, order.size), units - held)

    def _enter(self, order: Order, side: float, units: float) -> None:
        terms, share = self.terms, abs(order.size)
        if units:
            self.notes.add("units")
            share = units * self.price * (1.0 + terms.leverage * terms.fee) / (terms.leverage * self.equity)
            if not share <= 1.0 + _ROUNDING:
                self.notes.add("money")
                return
        self._entering = Entry(order, side, min(share, 1.0), units)

    def _affordable(self, order: Order, cash: float) -> float:
        """Units of an order: as ordered, or what a share of ``cash`` buys, in whole ones."""
        size = abs(order.size)
        return size if size >= 1 else float(int(cash * size * self.terms.leverage / self.price))

    def _note_if_affordable(self, word: str, order: Order, cash: float) -> None:
        units = self._affordable(order, cash)
        if units >= 1 and units * self.price <= cash * self.terms.leverage:
            self.notes.add(word, order.place or None)

    def _row(self) -> Row:
        trade, entry = self.trade, self._entering
        if trade is not None and entry is not None and entry.side * trade.size > 0:
            self.notes.add("renew")
            trade.tag, trade.sl, trade.tp = entry.order.tag, entry.order.sl, entry.order.tp
            self.cancel(entry.order)
            self._entering, self._leaving, entry = None, False, None
        if trade is not None and not self._leaving and _past(trade, self.price):
            self.notes.add("beyond")
            self._leaving = True
        out = trade is not None and self._leaving
        out_long, out_short = float(out and trade.size > 0), float(out and trade.size < 0)  # type: ignore[union-attr]
        if entry is not None:
            stop, target = self._distances(entry.order, entry.side)
            if entry.side > 0:
                return 1.0, 0.0, 0.0, out_short, entry.share, stop, target, 0.0, 0.0
            return 0.0, out_long, 1.0, 0.0, entry.share, stop, target, 0.0, 0.0
        if trade is None:
            return IDLE
        stop, target = (0.0, 0.0) if out else self._distances(trade, math.copysign(1.0, trade.size))
        return 0.0, out_long, 0.0, out_short, 1.0, stop, target, 0.0, 0.0

    def _distances(self, told: Order | Trade, side: float) -> tuple[float, float]:
        """Stop and target as distances from the close, 0 = none."""
        stop = 0.0 if told.sl is None else side * (1.0 - told.sl / self.price)
        target = 0.0 if told.tp is None else side * (told.tp / self.price - 1.0)
        if stop > _MOST_STOP or target > _MOST_TARGET:
            self.notes.add("far")
        return min(stop, _MOST_STOP), min(target, _MOST_TARGET)


def _past(told: Order | Trade, price: float) -> bool:
    """Whether a price has met the stop or the target."""
    side = 1.0 if told.size > 0 else -1.0
    return (told.sl is not None and side * (price - told.sl) <= 0) or (
        told.tp is not None and side * (told.tp - price) <= 0
    )
