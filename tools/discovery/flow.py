"""Bought minus sold volume of each bar: reported where the market reports it, else, if asked for, estimated and called so."""

from __future__ import annotations

import re

import numpy as np

from tools.contracts import Floats, Market


def taker_flow(market: Market) -> tuple[Floats, Floats] | None:
    """(delta, volume) of each bar in the same unit, NaN = not known; None where the market reports no flow.

    From taker_buy_volume (delta = 2 x bought - volume), its quote counterpart, a buy and a sell column, a column that
    is a delta, or the steps of a cumulative one. Nothing is guessed from prices."""
    for bought, volume in _taker_columns(market):
        return 2.0 * market.columns[bought] - market.columns[volume], market.columns[volume]
    amounts = market.columns_of("volume", "quote_volume")
    names = market.columns_of("flow")
    buys, sells = _named(names, "buy"), _named(names, "sell")
    if buys and sells:
        return market.columns[buys[0]] - market.columns[sells[0]], market.columns[buys[0]] + market.columns[
            sells[0]
        ]
    deltas = [
        name for name in names if re.search("delta|net|flow", name.lower()) and name not in (*buys, *sells)
    ]
    if deltas and amounts:
        return market.columns[deltas[0]], market.columns[amounts[0]]
    cumulative = market.columns_of("cumulative")
    if cumulative and amounts:
        level = market.columns[cumulative[0]]
        return np.diff(level, prepend=np.nan), market.columns[amounts[0]]
    return None


def estimated_flow(market: Market) -> tuple[Floats, Floats] | None:
    """(estimate, volume): volume times where the close lies in the bar's range, -1 at the low, +1 at the high, 0 in a bar
    without range. Its correlation with true flow was 0.40 on ETH. None where there is no volume."""
    amounts = market.columns_of("volume", "quote_volume")
    if not amounts:
        return None
    high, low, close = (market.columns[name] for name in ("high", "low", "close"))
    span = high - low
    place = np.where(span > 0, (2.0 * close - high - low) / np.where(span > 0, span, 1.0), 0.0)
    return market.columns[amounts[0]] * place, market.columns[amounts[0]]


def flow_of(market: Market, kind: str) -> tuple[Floats, Floats]:
    """(delta, volume) by the spec's ``flow``. The caller has made sure that the market has it."""
    found = taker_flow(market) if kind == "taker" else estimated_flow(market)
    assert found is not None, f"{market.symbol} has no {kind} flow"
    return found


def _taker_columns(market: Market) -> list[tuple[str, str]]:
    """Pairs of a taker-buy column and the volume in its unit."""
    names = market.columns_of("flow")
    pairs: list[tuple[str, str]] = []
    for role, quote in (("volume", False), ("quote_volume", True)):
        volumes = market.columns_of(role)
        takers = [
            n
            for n in names
            if re.search("taker.*buy|buy.*taker", n.lower()) and ("quote" in n.lower()) == quote
        ]
        if volumes and takers:
            pairs.append((takers[0], volumes[0]))
    return pairs


def _named(names: tuple[str, ...], word: str) -> list[str]:
    return [name for name in names if word in name.lower() and "taker" not in name.lower()]
