"""Source -> chart: each price and volume panel against the candles it claims to show, and against the page's own date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from tools.contracts import PRICE_COLUMNS, Floats, Market
from tools.vision.contracts import PageFinding, Shot, Source
from tools.vision.facts import SOURCED, Panel, page_symbol, panels, time_of

#: The sum of floats that went through JSON and a float32 axis at worst.
_RELATIVE = 1e-6
#: Prices that fill less of their axis than this cannot be read.
_FLAT = 0.08
_OUTSIDE = 0.02


def chain(shot: Shot, source: Source) -> Iterator[PageFinding]:
    """Needs no source for the panels' own sense (dates in order, as-of at the end, axis the right way up)."""
    for panel in panels(shot):
        if panel.name not in SOURCED:
            continue
        yield from _own_sense(panel)
        yield from _fresh(panel, shot)
        market = market_of(panel, shot, source)
        if market is not None:
            yield from _against(panel, market, source)
    yield from _unknown(shot, source)


def market_of(panel: Panel, shot: Shot, source: Source) -> Market | None:
    """The candles of a panel, by its symbol or the page's; None where the source has none."""
    return source.markets.get(panel.symbol or page_symbol(shot) or "")


def iso(time_ns: int) -> str:
    """UTC, to the second."""
    return datetime.fromtimestamp(time_ns // 1_000_000_000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _unknown(shot: Shot, source: Source) -> Iterator[PageFinding]:
    if not source.markets:
        return
    named = {p.symbol or page_symbol(shot) for p in panels(shot) if p.name in SOURCED}
    for symbol in sorted(s for s in named if s and s not in source.markets):
        yield PageFinding(
            "source-missing", f"no candles of {symbol} were given to compare with", blocking=False
        )


def _own_sense(panel: Panel) -> Iterator[PageFinding]:
    if panel.first is not None and panel.last is not None and panel.first > panel.last:
        yield PageFinding(
            "chain-order",
            f"{panel.title} runs from {iso(panel.first)} back to {iso(panel.last)}",
            box=panel.plot,
        )
    if panel.low is not None and panel.high is not None and panel.low >= panel.high:
        what = "upside down" if panel.low > panel.high else "without a range"
        yield PageFinding(
            "axis", f"{panel.title}: its axis is {what} ({panel.low:g} to {panel.high:g})", box=panel.plot
        )


def _fresh(panel: Panel, shot: Shot) -> Iterator[PageFinding]:
    """The page's as-of is the last bar's open, its close, or at most two bars later."""
    stamps = [f["text"] for f in shot.dom["fields"] if f["name"] == "as-of"]
    times = [t for s in stamps if (t := time_of(s.removesuffix("UTC").strip())) is not None]
    if not times or panel.first is None or panel.last is None or (panel.n or 0) < 2:
        return
    as_of, bar = max(times), (panel.last - panel.first) / max((panel.n or 2) - 1, 1)
    late = as_of - panel.last
    if late > 3 * bar:
        detail = f"{panel.title} ends at {iso(panel.last)}, the page says as of {iso(as_of)}"
        yield PageFinding("stale", detail, box=panel.plot)
    elif late < -0.5 * bar:
        detail = f"{panel.title} goes on to {iso(panel.last)}, after the page's as of {iso(as_of)}"
        yield PageFinding("stale", detail, box=panel.plot)


def _against(panel: Panel, market: Market, source: Source) -> Iterator[PageFinding]:
    if panel.first is None or panel.last is None:
        detail = f"{panel.title}: first and last are no times: it cannot be held against the source"
        yield PageFinding("facts-times", detail, False, panel.plot)
        return
    start = int(np.searchsorted(market.time, panel.first))
    stop = int(np.searchsorted(market.time, panel.last, side="right"))
    ends = [t for t in (panel.first, panel.last) if not _is_bar(market, t)]
    if ends:
        detail = f"{panel.title}: no bar of the source opens at {iso(ends[0])}"
        yield PageFinding("chain-time", detail, box=panel.plot)
        return
    if stop < len(market):
        detail = f"{panel.title} ends at {iso(panel.last)}; the source has {len(market) - stop} later bars"
        yield PageFinding("stale", detail, source.newest, panel.plot)
    bars = market.cut(start, stop)
    if panel.n == len(bars):
        yield from _values(panel, bars)
    elif not _thinned(panel, bars):
        detail = f"{panel.title}: {panel.n} points, the source has {len(bars)} bars there"
        yield PageFinding("chain-count", detail, box=panel.plot)


def _thinned(panel: Panel, bars: Market) -> bool:
    """Whether a line shows every k-th bar and the last one: what is left is told right."""
    n, close = panel.n or 0, bars.columns["close"]
    if n < 2 or panel.total is None or panel.name != "price":
        return False
    for step in range(2, len(bars) // n + 2):
        kept = np.unique(np.append(np.arange(0, len(bars), step), len(bars) - 1))
        total = float(np.nansum(close[kept]))
        if len(kept) == n and abs(total - panel.total) <= _RELATIVE * abs(total):
            return True
    return False


def _is_bar(market: Market, time_ns: int) -> bool:
    at = int(np.searchsorted(market.time, time_ns))
    return at < len(market) and int(market.time[at]) == time_ns


def _values(panel: Panel, bars: Market) -> Iterator[PageFinding]:
    candidates = _sums(panel, bars)
    if panel.total is None or not any(
        abs(panel.total - s) <= _RELATIVE * max(abs(s), 1e-12) for s in candidates
    ):
        best = min(candidates, key=lambda s: abs(s - (panel.total or 0.0)), default=float("nan"))
        detail = f"{panel.title}: the values add up to {panel.total}, the source's to {best:.10g}"
        yield PageFinding("chain-sum", detail, box=panel.plot)
    if panel.name == "price":
        yield from _axis(panel, bars)


def _sums(panel: Panel, bars: Market) -> list[float]:
    if panel.name == "price":
        closes = float(np.nansum(bars.columns["close"]))
        return [float(sum(np.nansum(bars.columns[c]) for c in PRICE_COLUMNS)), closes]
    names = bars.columns_of("volume", "quote_volume") or ("volume",)
    return [float(np.nansum(bars.columns[n])) for n in names if n in bars.columns]


def _axis(panel: Panel, bars: Market) -> Iterator[PageFinding]:
    if panel.low is None or panel.high is None or panel.low >= panel.high:
        return
    close: Floats = bars.columns["close"]
    low, high = float(np.nanmin(close)), float(np.nanmax(close))
    if (
        low > 0
        and not (panel.low <= low <= panel.high)
        and panel.low <= np.log10(low)
        and np.log10(high) <= panel.high
    ):
        low, high = (
            float(np.log10(low)),
            float(np.log10(high)),
        )  # plotly states a logarithmic axis in powers of ten
        close = np.log10(close)
    span = panel.high - panel.low
    outside = float(np.mean((close < panel.low - 1e-9 * span) | (close > panel.high + 1e-9 * span)))
    if outside > _OUTSIDE:
        yield PageFinding(
            "axis", f"{panel.title}: {outside:.0%} of the closes lie outside of the axis", box=panel.plot
        )
    elif high > low and (high - low) / span < _FLAT:
        detail = f"{panel.title}: prices use {(high - low) / span:.1%} of the axis"
        yield PageFinding("axis", detail, box=panel.plot)
