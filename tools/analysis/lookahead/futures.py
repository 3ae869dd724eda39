"""Markets that share a past and differ in what comes after it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.contracts import Floats, Ints, Market

#: How far a nudged bar's prices move, and how much busier or quieter it becomes: more than any bar does by itself,
#: so that whatever reads it decides otherwise.
PRICE_STEP, AMOUNT_FACTOR = 0.05, 3.0
_BLOCK = 12
_JOINT = 1.25


def scrambled(market: Market, cut: int) -> Market:
    """The same bars before ``cut`` with another future: later bars in shuffled blocks of 12, every column, prices
    joined at the cut by a factor."""
    order = _shuffled(len(market), cut)
    columns = {name: values[order] for name, values in market.columns.items()}
    for name in market.columns_of("price"):
        columns[name][cut:] *= _JOINT
    return market.with_columns(columns)


def nudged(market: Market, bars: Sequence[int] | Ints, seed: int) -> Market:
    """The same market with only ``bars`` changed, in every column: prices up or down by PRICE_STEP (the same for
    the four of a bar), amounts AMOUNT_FACTOR times as large or small, signed columns turned round. What is not
    known stays so. The direction of a bar depends on the bar and ``seed`` alone."""
    places = np.asarray(bars, dtype=np.int64)
    up = ((places * 2_654_435_761 + seed * 40_503) >> 7) % 2 == 0
    prices = set(market.columns_of("price")) | {"open", "high", "low", "close"}
    columns = {}
    for name, values in market.columns.items():
        changed: Floats = values.copy()
        if name in prices:
            changed[places] *= np.where(up, 1.0 + PRICE_STEP, 1.0 - PRICE_STEP)
        elif np.nanmin(values, initial=0.0) < 0.0:
            changed[places] *= -2.0
        else:
            changed[places] *= np.where(up, AMOUNT_FACTOR, 1.0 / AMOUNT_FACTOR)
        columns[name] = changed
    return market.with_columns(columns)


def _shuffled(n: int, cut: int) -> np.ndarray:
    blocks = np.array_split(np.arange(cut, n), max(1, (n - cut) // _BLOCK))
    np.random.default_rng(cut).shuffle(blocks)
    return np.concatenate([np.arange(cut), *blocks])
