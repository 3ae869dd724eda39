"""The rules of the simulation once more: slow, obvious, one small step after the other, no numba, no arrays.

Written from the rules in words, as a second opinion on the compiled kernel. Amounts are kept as a list of
cash movements, so that nothing is shared with the kernel's bookkeeping.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Position:
    side: int
    quantity: float
    entry_bar: int
    entry_price: float
    stop: float | None
    target: float | None
    trail: float | None
    max_bars: float | None
    best: float
    fees: float
    funding: float = 0.0

    def value(self, price: float) -> float:
        return self.side * self.quantity * price


@dataclass
class Ended:
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
    """One account. ``bars`` are (open, high, low, close), ``decisions`` dicts with the nine names."""

    bars: list[tuple[float, float, float, float]]
    decisions: list[dict[str, float]]
    funding: list[float]
    maker: float
    taker: float
    slippage: float
    cash: float
    position: Position | None = None
    ruined: bool = False
    ambiguous: int = 0
    trades: list[Ended] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)

    def run(self) -> Reference:
        self.equity.append(self.cash)
        for i in range(1, len(self.bars)):
            decided = self.decisions[i - 1]
            self._pay_funding(i)
            self._exit_at_open(i, decided)
            self._enter_at_open(i, decided)
            self._resting_orders(i)
            held = self.position.value(self.bars[i][3]) if self.position else 0.0
            self.equity.append(self.cash + held)
        if self.position:
            self._record(len(self.bars) - 1, self.bars[-1][3], "open")
        return self

    def _pay_funding(self, i: int) -> None:
        if self.position:
            due = self.position.value(self.bars[i][0]) * self.funding[i]
            self.cash -= due
            self.position.funding += due

    def _exit_at_open(self, i: int, decided: dict[str, float]) -> None:
        position = self.position
        if not position:
            return
        opened = self.bars[i][0]
        if self.cash + position.value(opened) <= 0:
            self._liquidate(i)
            return
        signal = decided["exit_long"] if position.side == 1 else decided["exit_short"]
        if signal > 0:
            self._sell(i, self._worse(opened), self.taker, "signal")
        elif position.max_bars is not None and i - position.entry_bar >= position.max_bars:
            self._sell(i, self._worse(opened), self.taker, "time")

    def _enter_at_open(self, i: int, decided: dict[str, float]) -> None:
        long = decided["enter_long"] > 0
        short = decided["enter_short"] > 0
        if long and (short or decided["exit_long"] > 0):
            return
        if short and decided["exit_short"] > 0:
            return
        if not (long or short) or self.position or self.ruined or decided["size"] == 0:
            return
        side = 1 if long else -1
        price = self.bars[i][0] * (1 + side * self.slippage)
        stake = self.cash * decided["size"]
        quantity = stake / (1 + self.taker) / price
        fee = quantity * price * self.taker
        self.cash -= side * quantity * price
        self.cash -= fee
        self.position = Position(
            side=side,
            quantity=quantity,
            entry_bar=i,
            entry_price=price,
            stop=price * (1 - side * decided["stop"]) if decided["stop"] > 0 else None,
            target=price * (1 + side * decided["target"]) if decided["target"] > 0 else None,
            trail=decided["trail"] if decided["trail"] > 0 else None,
            max_bars=decided["max_bars"] if decided["max_bars"] > 0 else None,
            best=price,
            fees=fee,
        )

    def _resting_orders(self, i: int) -> None:
        if not self.position:
            return
        opened, high, low, _ = self.bars[i]
        if self.position.side == 1:
            self._resting_long(i, opened, high, low)
        else:
            self._resting_short(i, opened, high, low)

    def _resting_long(self, i: int, opened: float, high: float, low: float) -> None:
        position = self.position
        assert position
        stops = []
        if position.stop is not None and position.stop > 0:
            stops.append((position.stop, "stop"))
        if position.trail is not None and position.best * (1 - position.trail) > 0:
            stops.append((position.best * (1 - position.trail), "trail"))
        if -self.cash / position.quantity > 0:
            stops.append((-self.cash / position.quantity, "liquidation"))
        # max() keeps the first of equals: the fixed stop before the trailing one.
        level, why = max(stops, key=lambda pair: pair[0]) if stops else (None, "")
        target = position.target
        if target is not None and opened >= target:
            self._sell(i, opened, self.maker, "target")
        elif level is not None and opened <= level:
            self._stop(i, opened, why)
        elif level is not None and low <= level:
            if target is not None and high >= target:
                self.ambiguous += 1
            self._stop(i, level, why)
        elif target is not None and high >= target:
            self._sell(i, target, self.maker, "target")
        else:
            position.best = max(position.best, high)

    def _resting_short(self, i: int, opened: float, high: float, low: float) -> None:
        position = self.position
        assert position
        stops = []
        if position.stop is not None:
            stops.append((position.stop, "stop"))
        if position.trail is not None:
            stops.append((position.best * (1 + position.trail), "trail"))
        stops.append((self.cash / position.quantity, "liquidation"))
        level, why = min(stops, key=lambda pair: pair[0])
        target = position.target if position.target is not None and position.target > 0 else None
        if target is not None and opened <= target:
            self._sell(i, opened, self.maker, "target")
        elif opened >= level:
            self._stop(i, opened, why)
        elif high >= level:
            if target is not None and low <= target:
                self.ambiguous += 1
            self._stop(i, level, why)
        elif target is not None and low <= target:
            self._sell(i, target, self.maker, "target")
        else:
            position.best = min(position.best, low)

    def _stop(self, i: int, price: float, why: str) -> None:
        if why == "liquidation":
            self._liquidate(i)
        else:
            self._sell(i, self._worse(price), self.taker, why)

    def _worse(self, price: float) -> float:
        assert self.position
        return price - self.position.side * price * self.slippage

    def _sell(self, i: int, price: float, rate: float, reason: str) -> None:
        position = self.position
        assert position
        fee = position.quantity * price * rate
        self.cash += position.value(price)
        self.cash -= fee
        position.fees += fee
        self._record(i, price, reason)
        self.position = None
        self.ruined = self.cash <= 0

    def _liquidate(self, i: int) -> None:
        assert self.position
        price = -self.cash / (self.position.side * self.position.quantity)
        self._record(i, price, "liquidation")
        self.position = None
        self.cash = 0.0
        self.ruined = True

    def _record(self, i: int, price: float, reason: str) -> None:
        position = self.position
        assert position
        earned = position.value(price) - position.value(position.entry_price)
        self.trades.append(
            Ended(
                position.entry_bar,
                i,
                position.side,
                reason,
                position.quantity,
                position.entry_price,
                price,
                position.fees,
                position.funding,
                earned - position.fees - position.funding,
            )
        )
