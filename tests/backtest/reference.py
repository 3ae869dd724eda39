"""The rules of the simulation once more: slow, obvious, one small step after the other, no numba, no arrays.

Written from the rules in words, to be read: a second opinion on the compiled rules. One venue account holds free cash
and any number of positions, each with a margin of its own (isolated): what it is worth at a price is that margin plus
what the price has moved in its favour. The compiled account keeps its books in another way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Bar = tuple[float, float, float, float]  # open, high, low, close


@dataclass(frozen=True)
class Terms:
    """Costs as fractions a side, what the venue lends, and how exits change while a position is held."""

    maker: float = 0.0
    taker: float = 0.0
    slippage: float = 0.0
    leverage: float = 1.0
    maintenance: float = 0.0
    targets: tuple[tuple[int, float], ...] = ()
    trail_after: float = 0.0
    trail_then: float = 0.0
    slots: int = 1
    max_exposure: float = float("inf")
    moves: bool = False
    levels: bool = False


@dataclass
class Symbol:
    """One symbol's bars, their times, the decisions at their closes and the funding due at their opens."""

    name: str
    times: list[int]
    bars: list[Bar]
    decisions: list[dict[str, float]]
    funding: list[float]


@dataclass
class Position:
    side: int
    quantity: float
    entry_bar: int
    entry_price: float
    stake: float
    margin: float
    stop: float | None
    target: float | None
    trail: float | None
    max_bars: float | None
    best: float
    fees: float
    funding: float = 0.0

    def worth(self, price: float) -> float:
        return self.margin + self.side * self.quantity * (price - self.entry_price)

    def notional(self, price: float) -> float:
        return self.quantity * price

    def liquidation_price(self, maintenance: float) -> float:
        """Where worth(price) = maintenance x notional(price)."""
        bought_for = self.quantity * self.entry_price
        if self.side == 1:
            return (bought_for - self.margin) / (self.quantity * (1 - maintenance))
        return (bought_for + self.margin) / (self.quantity * (1 + maintenance))


@dataclass
class Ended:
    symbol: str
    entry_bar: int
    exit_bar: int
    side: int
    reason: str
    quantity: float
    entry_price: float
    exit_price: float
    fees: float
    funding: float
    pnl: float


@dataclass
class Reference:
    """One account over some symbols, lived through time by time."""

    symbols: list[Symbol]
    terms: Terms
    free: float
    positions: dict[str, Position] = field(default_factory=dict)
    prices: dict[str, float] = field(default_factory=dict)
    trades: list[Ended] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)
    ambiguous: int = 0
    refused: int = 0
    cut: int = 0

    def run(self) -> Reference:
        self.symbols.sort(key=lambda symbol: symbol.name)
        calendar: dict[int, list[tuple[Symbol, int]]] = {}
        for symbol in self.symbols:
            for i, time in enumerate(symbol.times):
                calendar.setdefault(time, []).append((symbol, i))
        for time in sorted(calendar):
            self._live_through(calendar[time])
        for symbol in self.symbols:
            if symbol.name in self.positions:
                self._record(symbol, len(symbol.bars) - 1, symbol.bars[-1][3], "open")
        return self

    def _live_through(self, here: list[tuple[Symbol, int]]) -> None:
        for symbol, i in here:
            self.prices[symbol.name] = symbol.bars[i][0]
            self._pay_funding(symbol, i)
            self._exit_at_open(symbol, i)
        self._enter_at_open(here)
        for symbol, i in here:
            self._resting_orders(symbol, i)
        for symbol, i in here:
            self.prices[symbol.name] = symbol.bars[i][3]
        self.equity.append(self._worth())

    def _worth(self) -> float:
        return self.free + sum(p.worth(self.prices[name]) for name, p in self.positions.items())

    def _exposure(self) -> float:
        return sum(p.notional(self.prices[name]) for name, p in self.positions.items())

    def _pay_funding(self, symbol: Symbol, i: int) -> None:
        position = self.positions.get(symbol.name)
        if position:
            due = position.side * position.notional(symbol.bars[i][0]) * symbol.funding[i]
            position.margin -= due
            position.funding += due

    # At the open: whoever cannot carry the position any more is liquidated, then signals and time stops.

    def _exit_at_open(self, symbol: Symbol, i: int) -> None:
        position = self.positions.get(symbol.name)
        if not position:
            return
        opened = symbol.bars[i][0]
        decided = symbol.decisions[i - 1]
        if position.worth(opened) <= self.terms.maintenance * position.notional(opened):
            self._liquidate(symbol, i)
        elif decided["exit_long" if position.side == 1 else "exit_short"] > 0:
            self._close(symbol, i, self._worse(position, opened), self.terms.taker, "signal")
        elif position.max_bars is not None and i - position.entry_bar >= position.max_bars:
            self._close(symbol, i, self._worse(position, opened), self.terms.taker, "time")

    # Entries: the largest wish first, equals by name; each gets what is left for it, or nothing.

    def _enter_at_open(self, here: list[tuple[Symbol, int]]) -> None:
        wishes = []
        for symbol, i in here:
            side = wanted_side(symbol.decisions[i - 1]) if i > 0 else 0
            if side != 0 and symbol.name not in self.positions:
                wishes.append((symbol.decisions[i - 1]["size"], symbol, i, side))
        wishes.sort(key=lambda wish: (-wish[0], wish[1].name))
        equity = self._worth()
        for size, symbol, i, side in wishes:
            if size > 0:
                self._enter(symbol, i, side, size, equity)

    def _enter(self, symbol: Symbol, i: int, side: int, size: float, equity: float) -> None:
        terms = self.terms
        wanted = size * equity / terms.slots
        # A stake pays the fee of the notional that its margin carries.
        notional_of_a_unit = terms.leverage / (1 + terms.leverage * terms.taker)
        room = (terms.max_exposure * equity - self._exposure()) / notional_of_a_unit
        stake = min(wanted, self.free, room)
        if len(self.positions) >= terms.slots or stake <= 0 or stake < 0.1 * wanted * (1 - 1e-9):
            self.refused += 1
            return
        self.cut += stake < wanted * (1 - 1e-9)
        self._open(symbol, i, side, stake)

    def _open(self, symbol: Symbol, i: int, side: int, stake: float) -> None:
        terms, decided = self.terms, symbol.decisions[i - 1]
        price = symbol.bars[i][0] * (1 + side * terms.slippage)
        notional = stake * terms.leverage / (1 + terms.leverage * terms.taker)
        fee = notional * terms.taker
        self.free -= stake
        self.positions[symbol.name] = Position(
            side=side,
            quantity=notional / price,
            entry_bar=i,
            entry_price=price,
            stake=stake,
            margin=stake - fee,
            stop=price * (1 - side * decided["stop"]) if decided["stop"] > 0 else None,
            target=price * (1 + side * decided["target"]) if decided["target"] > 0 else None,
            trail=decided["trail"] if decided["trail"] > 0 else None,
            max_bars=decided["max_bars"] if decided["max_bars"] > 0 else None,
            best=price,
            fees=fee,
        )

    # Inside the bar: stops before targets, except where the open is past the target already.

    def _resting_orders(self, symbol: Symbol, i: int) -> None:
        position = self.positions.get(symbol.name)
        if not position:
            return
        opened, high, low, _ = symbol.bars[i]
        if self.terms.levels:
            self._rest_where_told(position, symbol.bars[i - 1][3], symbol.decisions[i - 1])
        elif self.terms.moves and position.entry_bar < i:
            self._move_stop(position, symbol.bars[i - 1], symbol.decisions[i - 1]["stop"])
        level, why = self._stop_level(position)
        target = self._target(position, i)
        if position.side == 1:
            past_target, past_stop = target is not None and opened >= target, opened <= level
            hits_target, hits_stop = target is not None and high >= target, low <= level
        else:
            past_target, past_stop = target is not None and opened <= target, opened >= level
            hits_target, hits_stop = target is not None and low <= target, high >= level
        if past_target:
            self._close(symbol, i, opened, self.terms.maker, "target")
        elif past_stop:
            self._stop(symbol, i, opened, why)
        elif hits_stop:
            self.ambiguous += hits_target
            self._stop(symbol, i, level, why)
        elif hits_target:
            assert target is not None
            self._close(symbol, i, target, self.terms.maker, "target")
        elif position.side == 1:
            position.best = max(position.best, high)
        else:
            position.best = min(position.best, low)

    def _rest_where_told(self, position: Position, close: float, decided: dict[str, float]) -> None:
        """Every row says what rests on the bar after it, as distances from its close; 0 is nothing."""
        stop, target = decided["stop"], decided["target"]
        position.stop = close * (1 - position.side * stop) if stop > 0 else None
        position.target = close * (1 + position.side * target) if target > 0 else None

    def _move_stop(self, position: Position, seen: Bar, distance: float) -> None:
        """A wish to move the stop counts from the best price of the bar at whose close it was made."""
        if distance > 0:
            level = seen[1] * (1 - distance) if position.side == 1 else seen[2] * (1 + distance)
            better = max if position.side == 1 else min
            position.stop = level if position.stop is None else better(position.stop, level)

    def _stop_level(self, position: Position) -> tuple[float, str]:
        """The stop that the price meets first. Levels at or below zero are never met by a long's price."""
        levels = []
        if position.stop is not None:
            levels.append((position.stop, "stop"))
        trail = self._trail(position)
        if trail is not None:
            levels.append((position.best * (1 - position.side * trail), "trail"))
        levels.append((position.liquidation_price(self.terms.maintenance), "liquidation"))
        # max() and min() keep the first of equals.
        return (max if position.side == 1 else min)(levels, key=lambda pair: pair[0])

    def _trail(self, position: Position) -> float | None:
        gained = position.side * (position.best - position.entry_price)
        if self.terms.trail_then > 0 and gained >= self.terms.trail_after * position.entry_price:
            return self.terms.trail_then
        return position.trail

    def _target(self, position: Position, i: int) -> float | None:
        """The nearest target that rests by now; one at or below zero is never met."""
        prices = [] if position.target is None else [position.target]
        for bars, distance in self.terms.targets:
            if i - position.entry_bar >= bars:
                prices.append(position.entry_price * (1 + position.side * distance))
        prices = [price for price in prices if price > 0]
        if not prices:
            return None
        return min(prices) if position.side == 1 else max(prices)

    def _stop(self, symbol: Symbol, i: int, price: float, why: str) -> None:
        if why == "liquidation":
            self._liquidate(symbol, i)
        else:
            self._close(symbol, i, self._worse(self.positions[symbol.name], price), self.terms.taker, why)

    def _worse(self, position: Position, price: float) -> float:
        return price - position.side * price * self.terms.slippage

    def _close(self, symbol: Symbol, i: int, price: float, rate: float, reason: str) -> None:
        position = self.positions[symbol.name]
        fee = position.notional(price) * rate
        back = position.worth(price) - fee
        if back <= 0:
            self._liquidate(symbol, i)
            return
        position.fees += fee
        self.free += back
        self._record(symbol, i, price, reason)

    def _liquidate(self, symbol: Symbol, i: int) -> None:
        """Nothing comes back: the trade lost its stake. Its price is the one at which it was worth nothing."""
        position = self.positions[symbol.name]
        price = position.entry_price - position.side * position.margin / position.quantity
        self._record(symbol, i, price, "liquidation")

    def _record(self, symbol: Symbol, i: int, price: float, reason: str) -> None:
        position = self.positions.pop(symbol.name)
        moved = position.side * position.quantity * (price - position.entry_price)
        self.trades.append(
            Ended(
                symbol.name,
                position.entry_bar,
                i,
                position.side,
                reason,
                position.quantity,
                position.entry_price,
                price,
                position.fees,
                position.funding,
                moved - position.fees - position.funding,
            )
        )


def wanted_side(decided: dict[str, float]) -> int:
    """+1, -1, or 0 for none and for a decision that contradicts itself."""
    long, short = decided["enter_long"] > 0, decided["enter_short"] > 0
    if long and not short and not decided["exit_long"] > 0:
        return 1
    if short and not long and not decided["exit_short"] > 0:
        return -1
    return 0
