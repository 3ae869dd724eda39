"""A plain paper account of one symbol, so that a backtesting.py strategy can be played where Mendel's trusted account is
not: in a written test.

Orders fill at the next open; stop and target rest, for one bar, where the row before put them. No fees, no slippage, no
leverage, no liquidation. It decides nothing about money: it only brings the strategy to the moments at which it would be
asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_CASH = 10_000.0
#: A row of decisions, as backtesting.mendel_plan has it.
ROW = (
    "enter_long", "exit_long", "enter_short", "exit_short", "size", "stop", "target", "trail", "max_bars",
)  # fmt: skip
#: What is told of a trade that has ended.
_ENDED = ("entry_bar", "exit_bar", "quantity", "entry_price", "exit_price")
_NONE = (0.0,) * len(_ENDED)
#: Told how the account stands at a bar's close, the strategy answers with a row.
Ask = Callable[[int, Mapping[str, float]], Sequence[float]]


@dataclass
class _Held:
    """``quantity`` is signed; ``stake`` left the free cash for it."""

    quantity: float
    stake: float
    bar: int
    price: float

    def worth(self, price: float) -> float:
        """In cash, at that price."""
        return self.stake + self.quantity * (price - self.price)


class Paper:
    """``prices`` are float arrays by name. ``table`` is what was decided, a float array a column; sizes are 1 where nothing
    is said."""

    def __init__(self, prices: Mapping[str, Any], bars: int) -> None:
        self._opens, self._highs, self._lows, self._closes = (
            prices[name].tolist() for name in ("open", "high", "low", "close")
        )
        self.table = {name: np.full(bars, float(name == "size")) for name in ROW}
        self._free, self._held = _CASH, None
        self._closed, self._last_two = 0, (_NONE, _NONE)

    _held: _Held | None
    _last_two: tuple[tuple[float, ...], tuple[float, ...]]

    def walk(self, ask: Ask) -> None:
        """Every bar once."""
        columns = list(self.table.values())
        row: dict[str, float] = {}
        for bar in range(len(self._closes)):
            if bar:
                self._live(bar, row)
            answer = ask(bar, self._told(bar))
            row = dict(zip(ROW, answer, strict=True))
            for column, value in zip(columns, answer, strict=True):
                column[bar] = value

    def _live(self, bar: int, row: Mapping[str, float]) -> None:
        """Through one bar, on the row of the bar before."""
        opened = self._opens[bar]
        if self._held is not None and row["exit_long" if self._held.quantity > 0.0 else "exit_short"]:
            self._end(self._held, bar, opened)
        side = row["enter_long"] - row["enter_short"]
        if side and self._held is None and self._free > 0.0:
            stake = self._free * row["size"]
            self._free -= stake
            self._held = _Held(side * stake / opened, stake, bar, opened)
        if self._held is not None:
            self._inside(self._held, bar, row)

    def _inside(self, held: _Held, bar: int, row: Mapping[str, float]) -> None:
        """What rests: a target that the open is beyond, else the stop, else the target."""
        side, opened, close = (1.0 if held.quantity > 0.0 else -1.0), self._opens[bar], self._closes[bar - 1]
        worst, kindest = (self._lows[bar], self._highs[bar])[:: int(side)]
        stop, target = close * (1.0 - side * row["stop"]), close * (1.0 + side * row["target"])
        hit_target = row["target"] > 0.0 and side * (kindest - target) >= 0.0
        if hit_target and side * (opened - target) >= 0.0:
            self._end(held, bar, opened)
        elif row["stop"] > 0.0 and side * (worst - stop) <= 0.0:
            self._end(held, bar, side * min(side * opened, side * stop))
        elif hit_target:
            self._end(held, bar, target)

    def _end(self, held: _Held, bar: int, price: float) -> None:
        self._free += max(0.0, held.worth(price))
        ended = (float(held.bar), float(bar), held.quantity, held.price, price)
        self._last_two = self._last_two[1], ended
        self._held, self._closed = None, self._closed + 1

    def _told(self, bar: int) -> dict[str, float]:
        """How it stands at the close, in the words of tools.system.adapters.backtesting_account.STATE."""
        held = self._held
        told = {
            "equity": self._free + (0.0 if held is None else held.worth(self._closes[bar])),
            "free": self._free,
            "quantity": 0.0 if held is None else held.quantity,
            "entry_bar": 0.0 if held is None else float(held.bar),
            "entry_price": 0.0 if held is None else held.price,
            "closed": float(self._closed),
        }
        for which, ended in zip(("before", "last"), self._last_two, strict=True):
            told |= {f"{which}_{name}": value for name, value in zip(_ENDED, ended, strict=True)}
        return told
