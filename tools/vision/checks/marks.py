"""Fills on a chart: on a bar, inside the bar's range, with a side; and, where the trades are known, all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from tools.contracts import ExitReason, Market, Trade
from tools.vision.checks.chain import iso, market_of
from tools.vision.contracts import RESERVED, PageFinding, Shot, Source
from tools.vision.facts import Mark, Panel, page_symbol, panels

#: Slippage moves a fill a little out of its bar: 0.2 % of the price is more than any cost setting asks.
_SLIP = 0.002


def marks(shot: Shot, source: Source) -> Iterator[PageFinding]:
    """Every panel that has markers."""
    for panel in panels(shot):
        readable = [m for m in panel.marks if m.time_ns is not None and m.side in RESERVED]
        for wrong in [m for m in panel.marks if m not in readable][:3]:
            yield PageFinding(
                "marker-facts", f"{panel.title}: a marker says {wrong.raw!r}; time, side, price are wanted"
            )
        market = market_of(panel, shot, source)
        if panel.name == "price" and market is not None:
            yield from _on_bars(panel, readable, market)
        made = (source.trades or {}).get(panel.symbol or page_symbol(shot) or "")
        if panel.name == "price" and made is not None:
            yield from _all_there(panel, readable, made)


def _on_bars(panel: Panel, found: list[Mark], market: Market) -> Iterator[PageFinding]:
    off, outside = [], []
    step = market.timeframe_minutes * 60_000_000_000
    for mark in found:
        assert mark.time_ns is not None
        at = int(np.searchsorted(market.time, mark.time_ns, side="right")) - 1
        if at < 0 or mark.time_ns >= int(market.time[at]) + step:
            off.append(mark)
        elif mark.price is not None and not _inside(mark.price, market, at):
            outside.append(mark)
    for group, code, what in (
        (off, "marker-time", "at no bar of the source"),
        (outside, "marker-price", "outside of its bar's range"),
    ):
        if group:
            first = group[0]
            when = iso(first.time_ns) if first.time_ns is not None else ""
            detail = f"{panel.title}: {len(group)} of {len(found)} markers {what}, the first a {first.side} at {when} for {first.price}"
            yield PageFinding(code, detail, box=panel.plot)


def _inside(price: float, market: Market, at: int) -> bool:
    low, high = market.columns["low"][at], market.columns["high"][at]
    return bool(low * (1 - _SLIP) <= price <= high * (1 + _SLIP))


def fills_of(trades: Sequence[Trade], first: int, last: int) -> list[tuple[int, str, float]]:
    """(time, side, price) of the fills between two times, an open trade's mark apart, oldest first."""
    fills = []
    for trade in trades:
        enter, leave = ("buy", "sell") if trade.side > 0 else ("sell", "buy")
        fills.append((trade.entry_time_ns, enter, trade.entry_price))
        if trade.reason is not ExitReason.OPEN:
            fills.append((trade.exit_time_ns, leave, trade.exit_price))
    return sorted(f for f in fills if first <= f[0] <= last)


def _all_there(panel: Panel, found: list[Mark], trades: Sequence[Trade]) -> Iterator[PageFinding]:
    if panel.first is None or panel.last is None:
        return
    known = fills_of(trades, panel.first, panel.last)
    want = Counter((t, s) for t, s, _ in known)
    have = Counter((m.time_ns, m.side) for m in found if m.time_ns is not None)
    for missing, what in (
        (want - have, "is not on the chart"),
        (have - want, "is on the chart and was never made"),
    ):
        if missing:
            (when, side), n = min(missing.items(), key=str)[0], missing.total()
            detail = f"{panel.title}: {n} of {len(known)} fills: a {side} at {iso(when)} {what}"
            yield PageFinding("marker-trades", detail, box=panel.plot)
    prices = {(t, s): p for t, s, p in known}
    for mark in found:
        price = prices.get((mark.time_ns or 0, mark.side))
        if price is not None and mark.price is not None and abs(price - mark.price) > _SLIP * price:
            yield PageFinding(
                "marker-price",
                f"{panel.title}: a {mark.side} of {price:g} is drawn at {mark.price:g}",
                box=panel.plot,
            )
            return
