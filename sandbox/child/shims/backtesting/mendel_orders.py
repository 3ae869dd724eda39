"""Mendel's own: orders, trades and the position as a Strategy sees them."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .mendel_notes import here

if TYPE_CHECKING:
    from .mendel_broker import Broker


class Sided:
    """Something whose size is signed: above 0 it buys, or gains when the price rises."""

    size: Any

    @property
    def is_long(self) -> bool:
        """Whether its size is above 0."""
        return bool(self.size > 0)

    @property
    def is_short(self) -> bool:
        """Whether its size is below 0."""
        return bool(self.size < 0)


class Order(Sided):
    """An order that waits. ``size`` is signed: a share of the account below 1, units from 1 on."""

    def __init__(
        self, broker: Broker, size: float, limit: Any, stop: Any, sl: Any, tp: Any, tag: Any
    ) -> None:
        self._broker, self.size, self.tag = broker, size, tag
        self.limit, self.stop, self.sl, self.tp = limit, stop, sl, tp
        self.place, self.born, self.parent = "", broker.bar, None

    def __repr__(self) -> str:
        rest = {"limit": self.limit, "stop": self.stop, "sl": self.sl, "tp": self.tp, "tag": self.tag}
        told = ", ".join(f"{name}={value}" for name, value in rest.items() if value is not None)
        return f"<Order size={self.size:g}{', ' if told else ''}{told}>"

    @property
    def is_contingent(self) -> bool:
        """Whether it is the stop or target of a trade."""
        return False

    def cancel(self) -> None:
        """It waits no longer."""
        self._broker.cancel(self)


class Contingent(Order):
    """The stop or the target of a trade, as an order."""

    def __init__(self, broker: Broker, trade: Trade, which: str) -> None:
        level = getattr(trade, which)
        limit, stop = (None, level) if which == "sl" else (level, None)
        super().__init__(broker, -trade.size, limit, stop, None, None, trade.tag)
        self._trade, self._which = trade, which

    @property
    def is_contingent(self) -> bool:
        """It is."""
        return True

    def cancel(self) -> None:
        """The trade goes on without it."""
        setattr(self._trade, self._which, None)


@dataclass(frozen=True)
class Entry:
    """An order that becomes a trade at the next open: ``share`` of the account, ``units`` where it names them, else 0."""

    order: Order
    side: float
    share: float
    units: float


class Trade(Sided):
    """One trade, open or closed. ``size`` is signed, in units; ``pl`` before fees, in cash."""

    def __init__(self, broker: Broker, entry: Entry | None, size: float, price: float, bar: int) -> None:
        order = None if entry is None else entry.order
        self._broker, self.entry, self._quantity, self.size = broker, entry, size, _units(entry, size)
        self.entry_price, self.entry_bar = price, bar
        self.exit_price: float | None = None
        self.exit_bar: int | None = None
        self.tag: Any = order.tag if order else None
        self.place = order.place if order else ""
        self._sl: float | None = order.sl if order else None
        self._tp: float | None = order.tp if order else None

    def __repr__(self) -> str:
        until = "" if self.exit_bar is None else self.exit_bar
        return f"<Trade size={self.size:g} time={self.entry_bar}-{until} price={self.entry_price:g} pl={self.pl:.0f}>"

    @property
    def side(self) -> float:
        """+1 for a long, -1 for a short."""
        return 1.0 if self.size > 0 else -1.0

    def entered(self, quantity: float, price: float, bar: int) -> None:
        """The account has entered it: its own quantity, price and bar."""
        self._quantity, self.entry_price, self.entry_bar = quantity, price, bar
        self.size = _units(self.entry, quantity)

    def split(self, units: float) -> Trade:
        """Take so many units out of it, as a trade of their own."""
        part = copy(self)
        part.size, part._quantity = self.side * units, self._quantity * units / abs(self.size)
        self.size, self._quantity = self.size - part.size, self._quantity - part._quantity
        return part

    @property
    def entry_time(self) -> Any:
        """When its first bar opens."""
        return self._broker.time_of(self.entry_bar)

    @property
    def exit_time(self) -> Any:
        """When its last bar opens; None while it is open."""
        return None if self.exit_bar is None else self._broker.time_of(self.exit_bar)

    @property
    def pl(self) -> float:
        """Profit or loss so far, in cash."""
        return self._quantity * (self._price - self.entry_price)

    @property
    def pl_pct(self) -> float:
        """Profit or loss as a fraction of the entry price."""
        return (1.0 if self.size > 0 else -1.0) * (self._price / self.entry_price - 1.0)

    @property
    def value(self) -> float:
        """Worth of its units, in cash."""
        return abs(self._quantity) * self._price

    @property
    def _price(self) -> float:
        return self._broker.price if self.exit_price is None else self.exit_price

    @property
    def sl(self) -> Any:
        """The price at which it is stopped; None: it is not."""
        return self._sl

    @sl.setter
    def sl(self, price: Any) -> None:
        self._sl, self.place = _price_or_none(price, "sl"), here()

    @property
    def tp(self) -> Any:
        """The price at which it takes its profit; None: it does not."""
        return self._tp

    @tp.setter
    def tp(self, price: Any) -> None:
        self._tp, self.place = _price_or_none(price, "tp"), here()

    def close(self, portion: float = 1.0) -> None:
        """Close it at the next open."""
        _check_portion(portion)
        if self.exit_bar is None:
            self._broker.leave(self, portion)


class Position(Sided):
    """All that is held: false where that is nothing."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def __bool__(self) -> bool:
        return bool(self._broker.legs)

    def __repr__(self) -> str:
        return f"<Position: {self.size:g} ({len(self._broker.trades)} trades)>"

    @property
    def size(self) -> float:
        """Units, below 0 for a short."""
        return float(sum(trade.size for trade in self._broker.legs))

    @property
    def pl(self) -> float:
        """Profit or loss so far, in cash."""
        return sum(trade.pl for trade in self._broker.legs)

    @property
    def pl_pct(self) -> float:
        """Profit or loss so far, in percent."""
        paid = sum(abs(trade._quantity) * trade.entry_price for trade in self._broker.legs)
        return 100.0 * self.pl / paid if paid else 0.0

    def close(self, portion: float = 1.0) -> None:
        """Close it at the next open."""
        _check_portion(portion)
        for trade in self._broker.trades:
            trade.close(portion)


def _check_portion(portion: float) -> None:
    if not 0 < portion <= 1:
        raise ValueError(f"close(portion={portion!r}): give a fraction above 0, up to 1")


def _units(entry: Entry | None, quantity: float) -> float:
    """Whole units as the script counts them: those that were ordered, else as many as were bought."""
    if entry is not None and entry.units:
        return entry.units if quantity > 0 else -entry.units
    whole = int(quantity)
    return whole if whole else quantity


def _price_or_none(price: Any, name: str) -> float | None:
    if price is None:
        return None
    value = float(price)
    if not 0 < value < float("inf"):
        raise ValueError(f"trade.{name} = {price!r}: give a price, or None for none")
    return value
