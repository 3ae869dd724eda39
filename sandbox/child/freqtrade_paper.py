"""A plain paper account of one pair, so that callbacks can be asked where Mendel's trusted account is not: in a written test.

Entries and exits at the next open, the initial stop and what custom_stoploss makes of it; no fees, ROI or trailing. It
decides nothing about money: it only brings callbacks to the moments at which they would be asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.child import callbacks
else:
    import _mendel_callbacks as callbacks

_BEFORE = callbacks.CONFIRM_ENTRY | callbacks.LEVERAGE | callbacks.STAKE
_DURING = callbacks.STOP | callbacks.EXIT
_CASH = 10_000.0
#: Words of a question -> the answers that were given.
Ask = Callable[[dict[str, float]], Mapping[str, float]]


@dataclass
class _Held:
    side: float
    bar: int
    rate: float
    stop: float
    best: float
    worst: float


class Paper:
    """``signals`` are float arrays by name, changed in place; ``asks`` is a sum of the callbacks' codes."""

    def __init__(self, signals: Any, prices: Any, time: Any, asks: int, stoploss: float, ask: Ask) -> None:
        self._signals, self._prices, self._time = signals, prices, time
        self._asks, self._stoploss, self._ask = asks, stoploss, ask
        self._held: _Held | None = None
        self._trades = 0

    def walk(self) -> None:
        """Every bar once."""
        if not self._asks:
            return
        for bar in range(len(self._time)):
            if self._held is not None and self._held.bar <= bar:
                self._live(bar, self._held)
            if self._held is None:
                self._enter(bar)

    def _enter(self, bar: int) -> None:
        long, short = (self._signals[name][bar] > 0.0 for name in ("enter_long", "enter_short"))
        if long == short or bar + 1 >= len(self._time):
            return
        side = 1.0 if long else -1.0
        asks = self._asks & _BEFORE
        if asks and self._ask(self._words(bar, asks, side)).get("entry") == 0.0:
            self._signals["enter_long" if long else "enter_short"][bar] = 0.0
            return
        rate = float(self._prices["open"][bar + 1])
        self._held = _Held(side, bar + 1, rate, rate * (1.0 - side * self._stoploss), rate, rate)

    def _live(self, bar: int, held: _Held) -> None:
        high, low = (float(self._prices[name][bar]) for name in ("high", "low"))
        kind, adverse = (high, low) if held.side > 0.0 else (low, high)
        if held.side * (adverse - held.stop) <= 0.0:
            self._end()
            return
        held.best = held.side * max(held.side * held.best, held.side * kind)
        held.worst = held.side * min(held.side * held.worst, held.side * adverse)
        leave = self._signals["exit_long" if held.side > 0.0 else "exit_short"]
        asks = self._asks & _DURING
        answer = self._ask(self._words(bar, asks, held.side, held, kind)) if asks else {}
        distance = answer.get("stop", math.nan)
        if distance > 0.0:
            held.stop = held.side * max(
                held.side * held.stop, held.side * kind * (1.0 - held.side * distance)
            )
        if answer.get("exit") == 1.0:
            leave[bar] = 1.0
            self._signals["enter_long" if held.side > 0.0 else "enter_short"][bar] = 0.0
        if leave[bar] > 0.0 and self._asks & callbacks.CONFIRM_EXIT:
            words = self._words(bar, callbacks.CONFIRM_EXIT, held.side, held, kind)
            leave[bar] = float(self._ask(words).get("exit_confirmed") != 0.0)
        if leave[bar] > 0.0:
            self._end()

    def _end(self) -> None:
        self._held = None
        self._trades += 1

    def _words(
        self, bar: int, asks: int, side: float, held: _Held | None = None, kind: float = 0.0
    ) -> dict[str, float]:
        close = float(self._prices["close"][bar])
        step = int(self._time[1]) - int(self._time[0])
        words: dict[str, float] = {
            **dict.fromkeys(callbacks.QUESTION, 0.0),
            "asks": asks, "time": int(self._time[bar]) + step, "bar": bar, "rate": close, "trade": self._trades,
            "side": side, "open_bar": bar + 1, "open_rate": close, "leverage": 1.0, "max_rate": close,
            "min_rate": close, "free": _CASH, "bar_best": close,
        }  # fmt: skip
        if held is not None:
            profit = held.side * (close / held.rate - 1.0)
            words |= {
                "profit": profit, "open_bar": held.bar, "open_rate": held.rate, "quantity": held.side * _CASH / held.rate,
                "stake": _CASH, "max_rate": held.best, "min_rate": held.worst, "stop": held.stop, "free": 0.0,
                "bar_best": kind,
            }  # fmt: skip
        return words
