"""Slower bars from faster ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.contracts import Floats, Ints, Market
from tools.market.clock import MINUTE_NS, timeframe_text
from tools.market.problems import MarketError

_SUMMED = ("volume", "quote_volume", "flow", "funding")


def resample(market: Market, minutes: int) -> Market:
    """``market`` in bars of ``minutes``, on the UTC grid (weeks start where the epoch did, on Thursday).

    Open first, high max, low min, close last; volume, flow and funding summed (a NaN makes the sum NaN); every
    other column its last value. A bar at either end that is not complete is left out. ``minutes`` must be a
    multiple of the market's timeframe, else MarketError."""
    step, base = minutes * MINUTE_NS, market.timeframe_minutes * MINUTE_NS
    if minutes < market.timeframe_minutes or step % base:
        text = timeframe_text(market.timeframe_minutes)
        raise MarketError(
            f"{market.symbol}: bars of {text} cannot be resampled to {minutes} min: use a multiple"
        )
    if step == base:
        return market
    time = market.time - market.time % step
    starts, first = np.unique(time, return_index=True)
    last = np.append(first[1:], len(market)) - 1
    complete = last - first + 1 == step // base
    columns = {name: _merged(market, name, first, last)[complete] for name in market.columns}
    if complete.sum() < 2:
        raise MarketError(
            f"{market.symbol}: too few bars for {timeframe_text(minutes)}: give a longer market"
        )
    kept: Ints = starts[complete]
    return replace(market, timeframe_minutes=minutes, time=kept, columns=columns)


def _merged(market: Market, name: str, first: NDArray[Any], last: NDArray[Any]) -> Floats:
    values = market.columns[name]
    merged: Floats = values[first] if name == "open" else values[last]
    if name == "high":
        merged = np.maximum.reduceat(values, first)
    elif name == "low":
        merged = np.minimum.reduceat(values, first)
    elif name in market.columns_of(*_SUMMED):
        merged = np.add.reduceat(values, first)
    return merged
