"""An account's lines and fills as plotly traces (JSON values)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.backtest.daily import drawdown
from tools.backtest.report import iso_utc
from tools.contracts import Backtest, ExitReason, Floats, Ints, Market

#: Reserved: nothing but buys and sells has these colours.
BUY_COLOUR, SELL_COLOUR = "#1f6feb", "#d29922"
#: More points than a screen has columns are only weight.
_MOST_POINTS = 1200


def charts_of(result: Backtest, market: Market | None) -> list[dict[str, Any]]:
    """Equity, drawdown and, where there is a market, price with every fill."""
    time, equity, depth = result.time, result.equity, -100.0 * drawdown(result)
    charts = [
        _chart(result.symbol, "equity", "Equity, quote currency", _line(time, equity, "#2da44e")),
        _chart(
            result.symbol,
            "indicator-drawdown",
            "Drawdown, % of the peak",
            _filled(_line(time, depth, "#cf222e")),
        ),
    ]
    if market is not None:
        line = _line(time, market.columns["close"], "#57606a")
        fills = [_fills(result, 1), _fills(result, -1)]
        charts.append(_chart(result.symbol, "price", "Price and trades", line, *fills))
    return charts


def thinned(values: Floats) -> Ints:
    """Bars to draw: the lowest and the highest of each of many equal stretches, the first and the last. What stands
    out is drawn, however short it was."""
    bars = len(values)
    if bars <= _MOST_POINTS:
        return np.arange(bars)
    edges = np.linspace(0, bars, _MOST_POINTS // 2 + 1).astype(np.int64)
    keep = [0, bars - 1]
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        part = values[start:stop]
        keep += [start + int(part.argmin()), start + int(part.argmax())]
    return np.unique(np.array(keep, dtype=np.int64))


def _chart(symbol: str, panel: str, title: str, *traces: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{panel}-{symbol}",
        "symbol": symbol,
        "panel": panel,
        "title": title,
        "traces": list(traces),
    }


def _line(time: Ints, values: Floats, colour: str) -> dict[str, Any]:
    keep = thinned(values)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [iso_utc(int(t)) for t in time[keep]],
        "y": [float(f"{value:.10g}") for value in values[keep]],
        "line": {"color": colour, "width": 1.4},
        "meta": {"role": "series"},
        "showlegend": False,
    }


def _filled(line: dict[str, Any]) -> dict[str, Any]:
    return {**line, "fill": "tozeroy", "fillcolor": "rgba(207,34,46,0.12)"}


def _fills(result: Backtest, side: int) -> dict[str, Any]:
    """Every fill on one side: entries of that side and closed exits of the other."""
    points = [(t.entry_time_ns, t.entry_price) for t in result.trades if t.side == side]
    points += [
        (t.exit_time_ns, t.exit_price)
        for t in result.trades
        if t.side == -side and t.reason is not ExitReason.OPEN
    ]
    points.sort()
    colour, name, shape = (
        (BUY_COLOUR, "buy", "triangle-up") if side > 0 else (SELL_COLOUR, "sell", "triangle-down")
    )
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [iso_utc(time) for time, _ in points],
        "y": [price for _, price in points],
        "marker": {"color": colour, "symbol": shape, "size": 8 if len(points) < 100 else 5},
        "meta": {"role": "fills", "side": name},
    }
