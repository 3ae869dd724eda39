"""Backtests as JSON and as plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tools.backtest.daily import by_month
from tools.backtest.metrics import COST_LEVELS_BPS, universe_correlation
from tools.contracts import Backtest, Costs, Metric

#: Metrics that count things: integers in JSON.
_COUNTS = ("trades", "open_trades", "ambiguous_bars", "conflicting_bars")
_LEVELS = {f"net_return_at_{level}bps": str(level) for level in COST_LEVELS_BPS}
UNIVERSE_NOTE = (
    "symbols chosen today: those that died or were delisted before are missing, which flatters results"
)
#: Columns of the text table: metric, heading, how it is written.
_TABLE = (
    ("trades", "trades", "{:.0f}"),
    ("net_return", "net", "{:+.2%}"),
    ("sharpe", "sharpe", "{:.2f}"),
    ("max_drawdown", "max dd", "{:.1%}"),
    ("win_rate", "won", "{:.0%}"),
    ("expectancy_bps", "bps/trade", "{:+.1f}"),
    ("break_even_cost_bps", "break-even bps", "{:+.1f}"),
    ("fees", "fees", "{:.2f}"),
    ("exposure", "exposed", "{:.0%}"),
)


def backtest_json(backtests: Mapping[str, Backtest], costs: Costs, until_ns: int | None) -> dict[str, Any]:
    """``{"symbols": {S: {metric: number or null, "why": {metric: reason}, ...}}, "costs": ..., "until": ISO or null}``.

    Beside the metrics each symbol has ``notes`` (how a known figure was read), ``n`` (what each rests on), ``cost_sensitivity`` (net return at costs
    a side in bps) and ``by_month``. ``until_ns`` is where the data that may be shown ends (exclusive, UTC)."""
    correlation, pairs = universe_correlation(backtests)
    units = {name: metric.unit for result in backtests.values() for name, metric in result.metrics.items()}
    return {
        "symbols": {symbol: symbol_json(backtests[symbol]) for symbol in sorted(backtests)},
        "costs": costs_json(costs),
        "until": iso_utc(until_ns),
        "units": {name: unit for name, unit in units.items() if name not in _LEVELS},
        "universe": {
            "note": UNIVERSE_NOTE,
            "mean_correlation": correlation.value,
            "why": {"mean_correlation": correlation.why} if correlation.why else {},
            "correlations": {f"{a}/{b}": value for (a, b), value in pairs.items()},
        },
    }


def symbol_json(result: Backtest) -> dict[str, Any]:
    """One symbol's metrics as JSON values; null where unknown, the reason under ``why``."""
    plain = {name: metric for name, metric in result.metrics.items() if name not in _LEVELS}
    months = by_month(result)
    return {
        **{name: _number(metric) for name, metric in plain.items()},
        "why": {name: metric.why for name, metric in plain.items() if metric.value is None},
        "notes": {
            name: metric.why for name, metric in plain.items() if metric.value is not None and metric.why
        },
        "n": {name: metric.n for name, metric in plain.items()},
        "cost_sensitivity": {bps: _number(result.metrics[name]) for name, bps in _LEVELS.items()},
        "by_month": {name: {"net_return": month.value, "trades": month.n} for name, month in months.items()},
    }


def costs_json(costs: Costs) -> dict[str, Any]:
    """Costs as JSON values, in basis points a side."""
    return {
        "maker_bps": costs.maker_bps,
        "taker_bps": costs.taker_bps,
        "slippage_bps": costs.slippage_bps,
        "funding": costs.funding,
    }


def iso_utc(time_ns: int | None) -> str | None:
    """``2025-12-01T00:00:00Z``, or None."""
    if time_ns is None:
        return None
    return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def backtest_text(backtests: Mapping[str, Backtest], costs: Costs, until_ns: int | None) -> str:
    """A table for a terminal of 110 columns; ``?`` where a figure is unknown, with the reasons below it."""
    rows = [["symbol", *(heading for _, heading, _ in _TABLE)]]
    for symbol in sorted(backtests):
        metrics = backtests[symbol].metrics
        rows.append([symbol, *(written(metrics[name], form) for name, _, form in _TABLE)])
    lines = _aligned(rows)
    funding = "with funding" if costs.funding else "without funding"
    lines.append(
        f"costs a side: taker {costs.taker_bps:g} bps, maker {costs.maker_bps:g} bps, "
        f"slippage {costs.slippage_bps:g} bps, {funding}"
    )
    lines.append(f"data until {iso_utc(until_ns) or 'its end'}; {UNIVERSE_NOTE}")
    return "\n".join([*lines, *_reasons(backtests)]) + "\n"


def written(metric: Metric, form: str) -> str:
    """A figure in words: ``?`` where it is unknown."""
    return "?" if metric.value is None else form.format(metric.value)


def _number(metric: Metric) -> float | int | None:
    if metric.value is None:
        return None
    return int(metric.value) if metric.name in _COUNTS else float(metric.value)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            row[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def _reasons(backtests: Mapping[str, Backtest]) -> list[str]:
    """Why shown figures are unknown, one line a reason."""
    shown = {name: heading for name, heading, _ in _TABLE}
    found: dict[str, list[str]] = {}
    for symbol in sorted(backtests):
        for name, metric in backtests[symbol].metrics.items():
            if name in shown and metric.value is None:
                headings = found.setdefault(f"{symbol}: {metric.why}", [])
                headings.append(shown[name])
    return [f"? {reason} ({', '.join(headings)})" for reason, headings in found.items()]
