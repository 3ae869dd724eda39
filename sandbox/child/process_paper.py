"""A plain paper account of one symbol, so that a bot can be asked where Mendel's trusted account is not: in a written test.

Orders fill at the next open, stop and target at their levels; no fees, no limits, no parts, no leverage. It decides nothing
about money: it only brings the bot to the moments at which it would be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sandbox.child.process_words import LEAVE, LEAVE_LONG, NO_ORDER, ORDER, STAY
else:
    from _mendel_process_words import LEAVE, LEAVE_LONG, NO_ORDER, ORDER, STAY

_CASH = 10_000.0
_COLUMNS = ("enter_long", "exit_long", "enter_short", "exit_short", "size", "stop", "target")


class Paper:
    """``prices`` are float arrays by name; ``ask`` takes (bar, the portfolio's words) and gives the words of the orders."""

    def __init__(self, prices: Mapping[str, Any], bars: int) -> None:
        self._prices = prices
        self.table = {name: np.zeros(bars) for name in _COLUMNS}
        self.table["size"] += 1.0
        self._side = self._quantity = self._entry = self._stop = self._target = 0.0
        self._since, self._cash, self._trades, self._best = 0, _CASH, 0, 0.0

    def walk(self, ask: Callable[[int, Sequence[float]], Sequence[float]]) -> None:
        """Every bar once."""
        for bar in range(len(self.table["size"])):
            if bar:
                self._open(bar)
            if self._side:
                self._inside(bar)
            words = tuple(ask(bar, self._words(bar)))
            if words != NO_ORDER:
                self._decide(bar, dict(zip(ORDER, words, strict=True)))

    def _at(self, name: str, bar: int) -> float:
        return float(self._prices[name][bar])

    def _decide(self, bar: int, said: Mapping[str, float]) -> None:
        side, held, leave = float(np.sign(said["side"])), self._side, said["exit"]
        if held:
            self._stop, self._target = said["stop"] or self._stop, said["target"] or self._target
        leaves = leave == LEAVE or (leave != STAY and (leave == LEAVE_LONG) == (held > 0.0)) or side == -held
        if held and leaves:
            self.table["exit_long" if held > 0.0 else "exit_short"][bar] = 1.0
        turns = abs(said["side"]) == 2.0 or leave == LEAVE
        if side and (not held or (leaves and turns and side != held)):
            self._enter(bar, side, said)

    def _enter(self, bar: int, side: float, said: Mapping[str, float]) -> None:
        close = self._at("close", bar)
        share = (said["quantity"] * close or said["notional"]) / self._worth(bar) or said["size"] or 1.0
        self.table["enter_long" if side > 0.0 else "enter_short"][bar] = 1.0
        self.table["size"][bar] = min(share, 1.0)
        for name in ("stop", "target"):
            if said[name]:
                self.table[name][bar] = abs(said[name] / close - 1.0)
        self._levels = said["stop"], said["target"]

    def _open(self, bar: int) -> None:
        row = {name: values[bar - 1] for name, values in self.table.items()}
        price = self._at("open", bar)
        if self._side and row["exit_long" if self._side > 0.0 else "exit_short"]:
            self._close(price)
        side = row["enter_long"] - row["enter_short"]
        if side and not self._side:
            self._side, self._entry, self._since, self._best = side, price, bar, price
            self._quantity = self._cash * row["size"] / price
            self._stop, self._target = self._levels

    def _inside(self, bar: int) -> None:
        high, low = self._at("high", bar), self._at("low", bar)
        adverse, kind = (low, high) if self._side > 0.0 else (high, low)
        self._best = self._side * max(self._side * self._best, self._side * kind)
        for level, price in ((self._stop, adverse), (self._target, kind)):
            met = (
                self._side * (price - level) <= 0.0
                if price == adverse
                else self._side * (price - level) >= 0.0
            )
            if self._side and level and met:
                self._close(level)

    def _close(self, price: float) -> None:
        self._cash += self._side * self._quantity * (price - self._entry)
        self._trades += 1
        self._side = self._quantity = self._stop = self._target = 0.0

    def _worth(self, bar: int) -> float:
        return self._cash + self._side * self._quantity * (self._at("close", bar) - self._entry)

    def _words(self, bar: int) -> tuple[float, ...]:
        """As tools.backtest.step.PORTFOLIO has them."""
        worth, held = self._worth(bar), self._side * self._quantity
        if not held:
            return (0.0, 0.0, 0.0, 0.0, 0.0, worth, worth, 0.0, worth - _CASH, 0.0, 0.0, float(self._trades))
        notional = held * self._at("close", bar)
        return (notional / worth, held, self._entry, float(self._since), float(bar - self._since), worth - notional, worth,
                worth - self._cash, self._cash - _CASH, 0.0, self._best, float(self._trades))  # fmt: skip
