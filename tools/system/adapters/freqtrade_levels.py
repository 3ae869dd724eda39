"""What rests on the next bar, said at each close: for an ROI that rises with time, or that an entry signal suspends.

The simulation then reads ``stop`` and ``target`` of every row as distances from that row's close (ExitPlan.levels)."""

from __future__ import annotations

from tools.backtest.step import (
    ENTER_LONG,
    ENTER_SHORT,
    EXIT_LONG,
    EXIT_SHORT,
    STOP,
    TARGET,
    Position,
    Rules,
)
from tools.contracts import Costs, Floats
from tools.system.adapters.freqtrade_exits import Exits

#: A stop that the close has passed already rests right at it.
_AT_ONCE = 1e-9
_MOST_TARGET = 10.0
_MOST_STOP = 1.0 - 1e-9


class Levels:
    """``signals`` is the table as the strategy filled it: columns in the order of the decisions."""

    def __init__(self, exits: Exits, costs: Costs, minutes: int, signals: Floats) -> None:
        self._ignores, self._signals = exits.ignore_roi, signals
        self._ladder = exits.targets(costs, minutes)
        self._first, self._entry, self._stop = 0.0, -1, 0.0

    def enter(self, bar: int, row: Floats) -> None:
        """A row that enters: its stop already stands in it; the price of the entry is not known yet."""
        self._first = float(row[STOP])
        target = self._roi(bar, bar + 1, 1.0 if row[ENTER_LONG] > 0.0 else -1.0)
        row[TARGET] = 0.0 if target is None else max(target, _AT_ONCE)

    def hold(self, bar: int, row: Floats, position: Position, rules: Rules, moved: float) -> None:
        """A row in which a position is held. ``moved`` is the distance that custom_stoploss wishes; 0 or NaN: none."""
        side, entry, close = position.side, position.entry_price, rules.closes[bar]
        if self._entry != position.entry_bar:
            self._entry, self._stop = position.entry_bar, entry * (1.0 - side * self._first)
        if moved > 0.0:
            seen = rules.highs[bar], rules.lows[bar]
            self._stop = rules.moved(side, self._stop, moved, *seen)
        long = side > 0.0
        leave, enter, other = (
            (EXIT_LONG, ENTER_LONG, ENTER_SHORT) if long else (EXIT_SHORT, ENTER_SHORT, ENTER_LONG)
        )
        if row[leave] > 0.0 and row[other] > 0.0:
            return  # the other side's entry: its own levels come with it
        row[STOP] = min(max(side * (close - self._stop) / close, _AT_ONCE), _MOST_STOP)
        move = self._roi(bar, position.entry_bar, side)
        row[TARGET] = 0.0
        if move is not None:
            away = side * (entry * (1.0 + side * move) - close) / close
            row[TARGET] = min(max(away, 0.0), _MOST_TARGET)
            if away <= 0.0:  # reached already: it is left at the open
                row[leave], row[enter] = 1.0, 0.0

    def _roi(self, bar: int, entry_bar: int, side: float) -> float | None:
        """The move from the entry at which the position leaves on the bar after ``bar``; None where it does not."""
        if self._ignores and self._signals[bar, ENTER_LONG if side > 0.0 else ENTER_SHORT] > 0.0:
            return None
        begun = [move for after, move in self._ladder if bar + 1 - entry_bar >= after]
        return begun[-1] if begun else None
