"""A small simulation for the dashboard: one position at a time, fills at the next open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

FEE = 0.0006  # fraction a side: taker fee and slippage
COLUMNS = ["side", "entry_bar", "exit_bar", "entry_price", "exit_price", "size", "gross", "fees", "net"]


@dataclass
class Position:
    """An open position: levels are prices."""

    side: int
    bar: int
    price: float
    size: float
    stop: float
    target: float
    last_bar: float


def _open(bar: int, price: float, row: dict[str, float]) -> Position:
    side = 1 if row["enter_long"] else -1
    stop, target = price * (1 - side * row["stop"]), price * (1 + side * row["target"])
    return Position(side, bar, price, row["size"], stop, target, bar + row["max_bars"])


def _exit_price(held: Position, bar: int, ohlc: np.ndarray, leave: bool) -> float | None:
    """Price at which the position is left in this bar, or None. The stop is tested before the target."""
    opened, high, low, _ = ohlc
    worst, best = (low, high) if held.side == 1 else (high, low)
    if leave or bar >= held.last_bar:
        return float(opened)
    if held.side * (worst - held.stop) <= 0:
        return float(min(held.stop, opened) if held.side == 1 else max(held.stop, opened))
    return held.target if held.side * (best - held.target) >= 0 else None


def _walk(bars: pd.DataFrame, decisions: pd.DataFrame) -> Iterator[tuple[Position, int, float]]:
    ohlc = bars[["open", "high", "low", "close"]].to_numpy()
    rows = decisions.to_dict("records")
    held: Position | None = None
    for bar in range(1, len(ohlc)):
        row = rows[bar - 1]
        if held is not None:
            price = _exit_price(
                held, bar, ohlc[bar], bool(row["exit_long"] if held.side == 1 else row["exit_short"])
            )
            if price is not None:
                yield held, bar, price
                held = None
        elif row["enter_long"] != row["enter_short"]:
            held = _open(bar, float(ohlc[bar, 0]), row)


def simulate(bars: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Closed trades, one a row; gross, fees and net are fractions of equity."""
    rows = []
    for held, bar, price in _walk(bars, decisions):
        gross = held.size * held.side * (price / held.price - 1)
        fees = held.size * FEE * (1 + price / held.price)
        rows.append((held.side, held.bar, bar, held.price, price, held.size, gross, fees, gross - fees))
    return pd.DataFrame(rows, columns=COLUMNS)


def equity_curve(bars: pd.DataFrame, trades: pd.DataFrame) -> pd.Series:
    """Equity at each bar, starting at 1, stepping when a trade closes."""
    steps = np.zeros(len(bars))
    np.add.at(steps, trades["exit_bar"].to_numpy(dtype=int), trades["net"].to_numpy(dtype=float))
    return pd.Series(1.0 + steps.cumsum(), index=bars.index)
