"""What was known when a trade was entered, and what came of it, as groups that can be counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd

from tools.contracts import Floats, Market, Trade

Key = Callable[[Trade], str]
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: Groups that only the end of a trade tells: they describe a loss, they cannot warn of it.
AFTERWARDS = frozenset(["exit_reason", "holding", "excursion"])
#: A move counts from so many of its usual sizes; volume from this ratio to a day's middle.
MOVE, BUSY, QUIET = 0.5, 1.5, 0.67
HOUR_MINUTES, DAY_MINUTES = 60, 1440


def context_keys(markets: Mapping[str, Market], trades: Sequence[Trade]) -> dict[str, Key]:
    """``weekday``, ``preceding_move`` (the last hour, seen from the trade's side), ``preceding_volume`` (the last hour against
    the last day), ``preceding_trade`` (of the same symbol), ``holding`` (thirds), ``excursion`` (whether it ever was ahead
    by as much as it ended apart from its entry). All are known at the close before the fill, except AFTERWARDS."""
    before = _previous(trades)
    held = [t.exit_bar - t.entry_bar for t in trades] or [0]
    cuts = [float(c) for c in np.quantile(held, [1 / 3, 2 / 3])]

    @cache
    def moves(symbol: str) -> Floats:
        return recent_move(markets[symbol])

    @cache
    def volumes(symbol: str) -> Floats:
        return recent_volume(markets[symbol])

    return {
        "weekday": lambda t: WEEKDAYS[pd.Timestamp(t.entry_time_ns, unit="ns").weekday()],
        "preceding_move": lambda t: _move_word(t.side * moves(t.symbol)[max(t.entry_bar - 1, 0)]),
        "preceding_volume": lambda t: _volume_word(volumes(t.symbol)[max(t.entry_bar - 1, 0)]),
        "preceding_trade": lambda t: before[id(t)],
        "holding": lambda t: _holding(t, markets[t.symbol], cuts),
        "excursion": lambda t: _excursion(t, excursion_bps(markets[t.symbol], t)),
    }


def recent_move(market: Market) -> Floats:
    """The log return of the last hour in units of its own spread over the last day; NaN before there is a day."""
    bars, day = _bars(market, HOUR_MINUTES), _bars(market, DAY_MINUTES)
    move = pd.Series(np.log(market.columns["close"])).diff(bars)
    return np.asarray((move / move.rolling(day).std()).to_numpy(dtype=float))


def recent_volume(market: Market) -> Floats:
    """Mean volume of the last hour over the middle volume of the last day; NaN where there is none."""
    names = market.columns_of("volume", "quote_volume")
    if not names:
        return np.full(len(market), np.nan)
    volume = pd.Series(market.columns[names[0]])
    usual = volume.rolling(_bars(market, DAY_MINUTES)).median()
    return np.asarray((volume.rolling(_bars(market, HOUR_MINUTES)).mean() / usual).to_numpy(dtype=float))


def excursion_bps(market: Market, trade: Trade) -> tuple[float, float]:
    """(MFE, MAE), both >= 0: the best and the worst price from entry to exit against the entry price."""
    bars = slice(trade.entry_bar, trade.exit_bar + 1)
    high, low = float(market.columns["high"][bars].max()), float(market.columns["low"][bars].min())
    up, down = 1e4 * (high / trade.entry_price - 1), 1e4 * (1 - low / trade.entry_price)
    return (max(up, 0.0), max(down, 0.0)) if trade.side > 0 else (max(down, 0.0), max(up, 0.0))


def _bars(market: Market, minutes: int) -> int:
    return max(2, minutes // market.timeframe_minutes)


def _previous(trades: Sequence[Trade]) -> dict[int, str]:
    """What the trade before it in the same symbol was, as far as it had ended."""
    last: dict[str, Trade] = {}
    found = {}
    for trade in sorted(trades, key=lambda t: t.entry_time_ns):
        known = last.get(trade.symbol)
        if known is None or known.exit_time_ns > trade.entry_time_ns:
            found[id(trade)] = "none ended"
        else:
            found[id(trade)] = "after a loss" if known.pnl < 0 else "after a gain"
        last[trade.symbol] = trade
    return found


def _move_word(move: float) -> str:
    if not np.isfinite(move):
        return "unknown"
    return "with the move" if move > MOVE else "against the move" if move < -MOVE else "no move"


def _volume_word(ratio: float) -> str:
    if not np.isfinite(ratio):
        return "unknown"
    return "busy" if ratio > BUSY else "quiet" if ratio < QUIET else "usual"


def _holding(trade: Trade, market: Market, cuts: Sequence[float]) -> str:
    first, second = (round(c * market.timeframe_minutes) for c in cuts)
    bars = trade.exit_bar - trade.entry_bar
    if bars <= cuts[0]:
        return f"up to {first} min"
    return f"up to {second} min" if bars <= cuts[1] else f"over {second} min"


def _excursion(trade: Trade, pair: tuple[float, float]) -> str:
    ended = abs(1e4 * (trade.exit_price / trade.entry_price - 1))
    return "was ahead by as much" if pair[0] >= ended else "was never ahead by as much"
