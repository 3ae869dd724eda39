"""Mendel's own: orders and trades as a Strategy sees them, beside the account that is kept on the other side of the wall.

That account tells after every bar how it stands; what the strategy orders goes back as one row of decisions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .mendel_data import Data
from .mendel_notes import Notes, here
from .mendel_orders import Contingent, Order, Position, Trade
from .mendel_plan import IDLE, Plan, Planner, Row, Terms, past


@dataclass
class Broker:
    """Orders that wait, the legs that are open, trades that are closed. ``meet`` it with a bar, then ask it to ``decide``."""

    data: Data
    terms: Terms
    notes: Notes = field(default_factory=Notes)
    waiting: list[Order] = field(default_factory=list)
    legs: list[Trade] = field(default_factory=list)
    closed: list[Trade] = field(default_factory=list)
    bar: int = 0
    price: float = math.nan
    equity: float = 0.0
    free: float = 0.0
    _plan: Plan | None = None
    _seen: int = 0
    _held: float = 0.0
    _scale: float = 1.0

    def __post_init__(self) -> None:
        self._opens, self._highs, self._lows, self._closes = self.data.prices
        self._closing: list[tuple[Trade, float]] = []
        self.position = Position(self)

    # What a strategy asks and does.

    @property
    def trades(self) -> tuple[Trade, ...]:
        """Open ones."""
        return tuple(self.legs)

    @property
    def orders(self) -> tuple[Order, ...]:
        """All that wait, stops and targets of open trades among them."""
        resting = [Contingent(self, t, name) for t in self.legs for name in ("sl", "tp") if getattr(t, name)]
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
        if stop is not None and side * (self.price - stop) >= 0:
            self.notes.add("met")
            stop = None
        if limit is not None and stop is None and side * (limit - self.price) >= 0:
            self.notes.add("met")
            limit = None
        made = Order(self, side * size, limit, stop, sl, tp, tag)
        made.place = here()
        if self.terms.exclusive:
            self.waiting.clear()
            self._closing = [(leg, 1.0) for leg in self.legs]
        self.waiting.append(made)
        return made

    def cancel(self, order: Order) -> None:
        """It is gone; nothing where it is already."""
        self.waiting = [other for other in self.waiting if other is not order]

    def leave(self, trade: Trade, portion: float) -> None:
        """Close a trade, or a part of it, at the next open."""
        size = abs(trade.size)
        share = (
            1.0 if portion == 1 or round(size * portion) >= size else max(1.0, round(size * portion)) / size
        )
        if share < 1.0:
            self.notes.add("part")
        self._closing.append((trade, min(share, 1.0)))

    def time_of(self, bar: int) -> Any:
        """When a bar opens."""
        return self.data.time_of(bar)

    # What happened in a bar.

    def meet(self, bar: int, told: Mapping[str, float]) -> None:
        """A bar has closed: how the account stands, and what came of the last row."""
        if not bar:
            self._scale = self.terms.cash / told["equity"]
        self.bar, self.price = bar, self._closes[bar]
        self.equity, self.free = told["equity"] * self._scale, told["free"] * self._scale
        plan, self._plan = self._plan, None
        if plan is not None:
            self._follow(plan, told)
        self._held, self._seen = told["quantity"], int(told["closed"])
        if self.waiting:
            self._fill_early()

    def _follow(self, plan: Plan, told: Mapping[str, float]) -> None:
        """Carry out a plan at this bar's open, at the account's prices where its position is concerned."""
        opened, ended = self._opens[self.bar], int(told["closed"]) - self._seen
        records = [_Record(told, which) for which in ("before", "last")[2 - min(ended, 2) :]]
        old = next((record for record in records if record.entry_bar < self.bar), None)
        price = old.exit_price if plan.leaves and old is not None else opened
        for leg, left in zip(plan.legs, plan.left, strict=True):
            if left < abs(leg.size):
                self._end(leg, abs(leg.size) - left, price)
        if plan.enters:
            self._begin(plan, told, next((r for r in records if r.entry_bar == self.bar), None))
            plan.new = plan.new[1:] if plan.new and plan.new[0] is plan.first else plan.new
        if plan.held and not plan.leaves and old is not None:
            self._end_all(old.exit_price)
        elif told["quantity"]:
            for entry in plan.new:
                units = entry.units or entry.share * self.equity * self.terms.leverage / opened
                self.legs.append(Trade(self, entry, entry.side * units, opened, self.bar))
            self._stop_legs()
        if not told["quantity"] and self.legs:
            self._end_all(self.price)

    def _begin(self, plan: Plan, told: Mapping[str, float], ended: _Record | None) -> None:
        """The position that was to be entered is there, or was and has ended again, or never was."""
        entry = plan.first
        quantity, price = (
            (told["quantity"], told["entry_price"]) if ended is None else (ended.quantity, ended.entry_price)
        )
        early = next((leg for leg in self.legs if leg.entry is entry), None)
        if quantity and entry is not None and quantity * entry.side > 0:
            leg = early or Trade(self, entry, quantity * self._scale, price, self.bar)
            leg.entered(quantity * self._scale, price, self.bar)
            if early is None:
                self.legs.append(leg)
            if ended is not None:
                self._end_all(ended.exit_price)

    def _end(self, leg: Trade, units: float, price: float) -> None:
        """Close so many units of a leg; what is left goes on."""
        whole = units >= abs(leg.size)
        part = leg if whole else leg.split(units)
        part.exit_price, part.exit_bar = price, self.bar
        self.closed.append(part)
        if whole:
            self.legs = [other for other in self.legs if other is not leg]

    def _end_all(self, price: float) -> None:
        for leg in self.trades:
            self._end(leg, abs(leg.size), price)

    def _stop_legs(self) -> None:
        """Of several legs each has its own stop and target; the position's are those that are met last."""
        if len(self.legs) < 2:
            return
        opened, high, low = self._opens[self.bar], self._highs[self.bar], self._lows[self.bar]
        for leg in self.trades:
            worst, kindest = (low, high) if leg.size > 0 else (high, low)
            if leg.sl is not None and leg.side * (worst - leg.sl) <= 0:
                self._end(leg, abs(leg.size), leg.side * min(leg.side * opened, leg.side * leg.sl))
            elif leg.tp is not None and leg.side * (kindest - leg.tp) >= 0:
                self._end(leg, abs(leg.size), leg.side * max(leg.side * opened, leg.side * leg.tp))

    def _fill_early(self) -> None:
        """Limit and stop orders that this bar has met. The strategy sees the trade from now on, as it would elsewhere;
        the account enters at the next open."""
        for order in [order for order in self.waiting if order.born < self.bar]:
            price = self._met(order)
            if price is None or (self.legs and self.legs[0].side * order.size < 0):
                continue
            self.notes.add("late", order.place)
            self.cancel(order)
            if past(order, self.price):
                self.notes.add("passed", order.place)
                continue
            planner = Planner(
                self.terms, self.notes, Plan(self.legs, [abs(t.size) for t in self.legs], 0.0), self._money
            )
            planner.take(order)
            for entry in planner.plan.new:
                units = entry.units or planner.units_of(entry)
                self.legs.append(Trade(self, entry, entry.side * units, price, self.bar))

    def _met(self, order: Order) -> float | None:
        """The price at which this bar fills an order that waits for one; None where it does not."""
        opened, high, low, long = (
            self._opens[self.bar],
            self._highs[self.bar],
            self._lows[self.bar],
            order.is_long,
        )
        if order.limit is None and order.stop is None:
            return None
        price = opened
        if order.stop is not None:
            if (high < order.stop) if long else (low > order.stop):
                return None
            price = max(opened, order.stop) if long else min(opened, order.stop)
            order.stop = None
        if order.limit is not None:
            if (low > order.limit) if long else (high < order.limit):
                return None
            price = min(price, order.limit) if long else max(price, order.limit)
        return price

    # What is decided.

    @property
    def _money(self) -> tuple[float, float, float]:
        return self.price, self.equity, self.free

    def decide(self) -> Row:
        """The row of this bar, after all its orders."""
        if not self.waiting and not self._held and not self.legs:
            return IDLE
        plan = Plan(list(self.legs), [abs(leg.size) for leg in self.legs], _sign(self._held))
        for trade, share in self._closing:
            for k, leg in enumerate(plan.legs):
                if leg is trade:
                    plan.left[k] = max(0.0, plan.left[k] - share * abs(leg.size))
        self._closing = []
        planner = Planner(self.terms, self.notes, plan, self._money)
        for order in [o for o in self.waiting if self._due(o, plan)]:
            self.cancel(order)
            planner.take(order)
        self._plan = plan
        row = planner.row()
        return IDLE if row == IDLE and not plan.legs and not plan.new else row

    def _due(self, order: Order, plan: Plan) -> bool:
        """Whether it fills at the next open: a market order, or one against a position whose price was met."""
        if order.limit is None and order.stop is None:
            return True
        against = bool(plan.legs) and plan.legs[0].side * order.size < 0
        return order.born < self.bar and against and self._met(order) is not None


class _Record:
    """A trade of the account that has ended."""

    def __init__(self, told: Mapping[str, float], which: str) -> None:
        self.entry_bar = int(told[f"{which}_entry_bar"])
        self.quantity, self.entry_price = told[f"{which}_quantity"], told[f"{which}_entry_price"]
        self.exit_price = told[f"{which}_exit_price"]


def _sign(value: float) -> float:
    return 0.0 if not value else math.copysign(1.0, value)
