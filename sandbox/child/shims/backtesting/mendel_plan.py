"""Mendel's own: what becomes of the trades at the next open when the orders of a bar are carried out, one after the other.

A strategy may hold several trades and close parts of them; the account on the other side of the wall holds one position of
one size. So the trades are legs, kept here as the strategy sees them, and the position is held while one of them is."""

from __future__ import annotations

from dataclasses import dataclass, field

from .mendel_notes import Notes
from .mendel_orders import Entry, Order, Trade

#: One row of decisions: enter and exit long, enter and exit short, size, stop, target, trail, bars.
Row = tuple[float, ...]
IDLE: Row = (0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
_MOST_STOP, _MOST_TARGET = 0.999999, 10.0
#: An order fills at the open after the close at which its units were counted.
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
class Plan:
    """``left``: units of each leg after the next open; ``new``: legs that begin there. ``held`` is the side of the position
    now, ``wanted`` that after the open."""

    legs: list[Trade]
    left: list[float]
    held: float
    new: list[Entry] = field(default_factory=list)

    @property
    def wanted(self) -> float:
        """+1, -1, or 0 for none."""
        kept = next((leg for leg, left in zip(self.legs, self.left, strict=True) if left > 0), None)
        if kept is not None:
            return kept.side
        return self.new[0].side if self.new else 0.0

    @property
    def leaves(self) -> bool:
        """Whether the position ends at the open."""
        return self.held != 0.0 and self.wanted != self.held

    @property
    def enters(self) -> bool:
        """Whether one begins there."""
        return self.wanted not in (0.0, self.held)

    @property
    def first(self) -> Entry | None:
        """The entry that begins it: that of a leg which is not yet in the position, or a new one."""
        early = (leg.entry for leg, left in zip(self.legs, self.left, strict=True) if left > 0)
        return next(early, self.new[0] if self.new else None)


class Planner:
    """Carries out orders at a close. ``price`` is the close, ``equity`` and ``free`` the account's."""

    def __init__(self, terms: Terms, notes: Notes, plan: Plan, money: tuple[float, float, float]) -> None:
        self.terms, self.notes, self.plan = terms, notes, plan
        self.price, self.equity, self.free = money
        # What legs beside the position cost is free in the account, but not in the strategy's eyes.
        self.free -= sum(abs(leg.size) * leg.entry_price for leg in plan.legs[1:])

    def take(self, order: Order) -> None:
        """Carry out one order, after those before it."""
        plan = self.plan
        side, live = (1.0 if order.size > 0 else -1.0), sum(plan.left)
        if past(order, self.price):
            self.notes.add("passed", order.place)
        elif live and side == plan.wanted:
            self._add(order, side, "add", self.free)
        elif live:
            self._against(order, side, live)
        elif plan.new:
            spent = sum(entry.share for entry in plan.new)
            self._add(order, side, "add" if side == plan.wanted else "second", self.equity * (1.0 - spent))
        else:
            self._enter(order, side, abs(order.size) if abs(order.size) >= 1 else 0.0)

    def _add(self, order: Order, side: float, word: str, cash: float) -> None:
        units = self._units(order, cash)
        if units >= 1 and units * self.price <= cash * self.terms.leverage * (1.0 + _ROUNDING):
            self.notes.add(word, order.place)
            if word == "add":
                self.free -= units * self.price
                self.plan.new.append(Entry(order, side, units * self.price / self.equity, units))

    def _against(self, order: Order, side: float, live: float) -> None:
        if self.terms.hedging:
            self.notes.add("hedge", order.place)
            return
        units = self._units(order, self.free)
        if 1 <= units < live:
            self.notes.add("reduce", order.place)
        rest = units
        for k, left in enumerate(self.plan.left):
            taken = min(left, rest)
            self.plan.left[k], rest = left - taken, rest - taken
        if rest >= 1 and not sum(self.plan.left):
            self._enter(order, side, rest)

    def _enter(self, order: Order, side: float, units: float) -> None:
        terms, share = self.terms, abs(order.size)
        if units:
            self.notes.add("units", order.place)
            share = units * self.price * (1.0 + terms.leverage * terms.fee) / (terms.leverage * self.equity)
            if not share <= 1.0 + _ROUNDING:
                self.notes.add("money", order.place)
                return
        self.plan.new.append(Entry(order, side, min(share, 1.0), units))

    def _units(self, order: Order, cash: float) -> float:
        """Units of an order: as ordered, or what a share of ``cash`` buys, in whole ones."""
        size = abs(order.size)
        return size if size >= 1 else float(int(max(cash, 0.0) * size * self.terms.leverage / self.price))

    def units_of(self, entry: Entry) -> float:
        """What the share of an entry buys at the close."""
        return entry.share * self.equity * self.terms.leverage / self.price

    def row(self) -> Row:
        """The row of this bar: what is left and entered, and where its stop and target rest."""
        plan = self.plan
        if plan.held and plan.wanted == plan.held and not sum(plan.left):
            self.notes.add("renew", plan.new[0].order.place)
        resting: list[Order | Trade] = [
            leg for leg, left in zip(plan.legs, plan.left, strict=True) if left > 0
        ]
        resting += [entry.order for entry in plan.new]
        if resting and not plan.enters and all(past(told, self.price) for told in resting):
            self.notes.add("beyond", resting[0].place)
            plan.left, plan.new, resting = [0.0] * len(plan.left), [], []
        out_long, out_short = float(plan.leaves and plan.held > 0), float(plan.leaves and plan.held < 0)
        stop, target = self._distances(resting, plan.wanted) if plan.wanted else (0.0, 0.0)
        first = plan.first if plan.enters else None
        size = first.share if first is not None else 1.0
        enter_long, enter_short = (
            float(plan.enters and plan.wanted > 0),
            float(plan.enters and plan.wanted < 0),
        )
        return enter_long, out_long, enter_short, out_short, size, stop, target, 0.0, 0.0

    def _distances(self, resting: list[Order | Trade], side: float) -> tuple[float, float]:
        """Stop and target as distances from the close, 0 = none: of several legs the ones that are met last."""
        stops = [told.sl for told in resting]
        targets = [told.tp for told in resting]
        stop = target = 0.0
        if None not in stops:
            stop = max(side * (1.0 - level / self.price) for level in stops if level is not None)
        if None not in targets:
            target = max(side * (level / self.price - 1.0) for level in targets if level is not None)
        if stop > _MOST_STOP or target > _MOST_TARGET:
            self.notes.add("far", resting[0].place)
        return min(max(stop, 0.0), _MOST_STOP), min(max(target, 0.0), _MOST_TARGET)


def past(told: Order | Trade, price: float) -> bool:
    """Whether a price has met the stop or the target."""
    side = 1.0 if told.size > 0 else -1.0
    return (told.sl is not None and side * (price - told.sl) <= 0) or (
        told.tp is not None and side * (told.tp - price) <= 0
    )
