"""Backtests as one self-contained HTML page that follows the chart contract (design section on seeing)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np

from tools.backtest.daily import by_month, drawdown
from tools.backtest.portfolio import Portfolio
from tools.backtest.report import UNIVERSE_NOTE, costs_json, iso_utc, written
from tools.contracts import Backtest, Costs, ExitReason, Floats, Ints, Market

#: Reserved: nothing but buys and sells has these colours.
BUY_COLOUR, SELL_COLOUR = "#1f6feb", "#d29922"
#: More points than a screen has columns are only weight.
_MOST_POINTS = 1200
#: Metric, heading, format: the figures above each symbol's charts.
_SHOWN = (
    ("trades", "closed trades", "{:.0f}"),
    ("open_trades", "open at the end", "{:.0f}"),
    ("net_return", "net return", "{:+.2%}"),
    ("gross_return", "before fees and funding", "{:+.2%}"),
    ("sharpe", "Sharpe, annualised (daily, √365)", "{:.2f}"),
    ("max_drawdown", "largest drawdown", "{:.2%}"),
    ("win_rate", "won", "{:.1%}"),
    ("profit_factor", "profit factor", "{:.2f}"),
    ("expectancy_bps", "bps a trade, net", "{:+.2f}"),
    ("break_even_cost_bps", "break-even cost, bps a side", "{:+.2f}"),
    ("net_return_at_0bps", "net at 0 bps a side", "{:+.2%}"),
    ("net_return_at_5bps", "net at 5 bps", "{:+.2%}"),
    ("net_return_at_20bps", "net at 20 bps", "{:+.2%}"),
    ("net_return_without_best_day", "without the best day", "{:+.2%}"),
    ("net_return_without_worst_day", "without the worst day", "{:+.2%}"),
    ("fees", "fees, quote", "{:.2f}"),
    ("funding", "funding, quote", "{:+.2f}"),
    ("exposure", "time in a position", "{:.1%}"),
    ("volume_share_p95", "share of bar volume, 95th pct", "{:.2%}"),
)


def backtest_html(
    backtests: Mapping[str, Backtest],
    costs: Costs,
    until_ns: int | None,
    *,
    markets: Mapping[str, Market] | None = None,
    portfolio: Portfolio | None = None,
    title: str = "Backtest",
) -> str:
    """The page: per symbol its figures, equity, drawdown, months and, where ``markets`` has it, price with trades.

    Nothing is fetched: plotly's script comes from its package. Lines are thinned to every k-th bar and the last;
    trades are exact."""
    from jinja2 import Environment, StrictUndefined
    from plotly.offline import get_plotlyjs

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(
        resources.files("tools.backtest").joinpath("page.html.jinja").read_text("utf-8")
    )
    shown = sorted(backtests)
    charts = [chart for name in shown for chart in _charts(backtests[name], (markets or {}).get(name))]
    return template.render(
        title=title,
        plotly=get_plotlyjs(),
        symbols=[_section(backtests[name], [c for c in charts if c["symbol"] == name]) for name in shown],
        costs=costs_json(costs),
        until=iso_utc(until_ns),
        universe=UNIVERSE_NOTE,
        # "<" would let a symbol's name close the script element.
        charts=json.dumps(charts, allow_nan=False).replace("<", "\\u003c"),
    )


def _section(result: Backtest, charts: list[dict[str, Any]]) -> dict[str, Any]:
    metrics = result.metrics
    return {
        "name": result.symbol,
        "as_of": iso_utc(int(result.time[-1])),
        "figures": [
            {
                "metric": name,
                "heading": heading,
                "text": written(metrics[name], form),
                "value": "" if metrics[name].value is None else repr(metrics[name].value),
                "title": f"{metrics[name].unit}; n = {metrics[name].n}. {metrics[name].why}".strip(),
            }
            for name, heading, form in _SHOWN
        ],
        "months": [
            {"month": name, "text": written(month, "{:+.2%}"), "n": month.n}
            for name, month in by_month(result).items()
        ],
        "charts": [{"id": chart["id"], "panel": chart["panel"], "title": chart["title"]} for chart in charts],
    }


def _charts(result: Backtest, market: Market | None) -> list[dict[str, Any]]:
    keep = _thinned(len(result.equity))
    time = result.time[keep]
    charts = [
        _chart(
            result.symbol, "equity", "Equity, quote currency", _line(time, result.equity[keep], "#2da44e")
        ),
        _chart(result.symbol, "indicator-drawdown", "Drawdown, % of the peak", _drawdown_line(result, keep)),
    ]
    if market is not None:
        line = _line(time, market.columns["close"][keep], "#57606a")
        fills = [_fills(result, 1), _fills(result, -1)]
        charts.append(_chart(result.symbol, "price", "Price and trades", line, *fills))
    return charts


def _chart(symbol: str, panel: str, title: str, *traces: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{panel}-{symbol}",
        "symbol": symbol,
        "panel": panel,
        "title": title,
        "traces": list(traces),
    }


def _thinned(bars: int) -> Ints:
    step = max(1, -(-bars // _MOST_POINTS))
    return np.unique(np.append(np.arange(0, bars, step), bars - 1))


def _line(time: Ints, values: Floats, colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [iso_utc(int(t)) for t in time],
        "y": [float(f"{value:.10g}") for value in values],
        "line": {"color": colour, "width": 1.4},
        "meta": {"role": "series"},
        "showlegend": False,
    }


def _drawdown_line(result: Backtest, keep: Ints) -> dict[str, Any]:
    line = _line(result.time[keep], -100.0 * drawdown(result)[keep], "#cf222e")
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
