"""The other symbols that a ``process`` strategy is shown with ``[strategy] symbols = "all"``, on the bars of one market."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from sandbox.child.process_words import PAIR
from tools.contracts import Floats, Market
from tools.system.adapters.freqtrade_pairs import markets_of
from tools.system.adapters.process_dialogue import Shown
from tools.system.system import System

_FEWEST_BARS = 2


@dataclass(frozen=True)
class Beside:
    """``columns``: ``pair:SYMBOL:column`` on the bars of the market, NaN where that symbol has none."""

    shown: tuple[Shown, ...]
    columns: Mapping[str, Floats]


def in_order(shown: Iterable[Shown]) -> list[Shown]:
    """By symbol, whichever is asked about: the strategy must not see which one it is."""
    return sorted(shown, key=lambda one: one.market.symbol)


def shown_beside(system: System, market: Market) -> Beside:
    """Every other symbol of the system's own data, in alphabetical order, by the times of ``market``'s bars: of later ones
    nothing is there. Empty where symbols are asked one at a time."""
    if system.config.strategy.symbols != "all":
        return Beside((), {})
    shown: list[Shown] = []
    columns: dict[str, Floats] = {}
    for symbol, other in sorted(markets_of(system).items()):
        if symbol == market.symbol or other.timeframe_minutes != market.timeframe_minutes:
            continue
        at = np.minimum(np.searchsorted(other.time, market.time), max(0, len(other) - 1))
        there = other.time[at] == market.time if len(other) else np.zeros(len(market), np.bool_)
        if np.count_nonzero(there) < _FEWEST_BARS:
            continue
        own = {name: values[at[there]] for name, values in other.columns.items()}
        bars = np.where(there, np.cumsum(there) - 1, -1)
        shown.append(Shown(replace(other, time=other.time[at[there]], columns=own), bars.tolist()))
        columns |= {f"{PAIR}{symbol}:{n}": np.where(there, v[at], np.nan) for n, v in other.columns.items()}
    return Beside(tuple(shown), columns)
