"""Backtests as JSON and as plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tools.backtest.daily import by_month, drawdowns
from tools.backtest.metrics import COST_LEVELS_BPS, universe_correlation
from tools.backtest.portfolio import Portfolio
from tools.backtest.tables import by_exit, by_hour, by_regime, by_symbol, drawdown_rows
from tools.contracts import Backtest, Costs, Market, Metric

#: Metrics that count things: integers in JSON.
_COUNTS = ("trades", "open_trades", "liquidations", "ambiguous_bars", "conflicting_bars")
#: Units of what is not a metric of its own.
_TABLE_UNITS = {
    "pnl": "quote currency, net",
    "mean_bps": "bps of the entry's notional, mean net a closed trade",
    "win_rate": "fraction of closed trades",
    "time_share": "fraction of bars",
    "depth": "fraction of peak equity",
    "cost_sensitivity": "fraction of initial cash, by cost a side in bps",
    "by_month": "fraction of the equity before the month; trades that ended in it",
}
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
    ("exposure", "exposed", "{:.1%}"),
)


def backtest_json(
    backtests: Mapping[str, Backtest],
    costs: Costs,
    until_ns: int | None,
    *,
    markets: Mapping[str, Market] | None = None,
    portfolio: Portfolio | None = None,
) -> dict[str, Any]:
    """``{"symbols": {S: {metric: number or null, "why": {metric: reason}, ...}}, "costs": ..., "until": ISO or null}``.

    Beside the metrics each symbol has ``notes`` (how a known figure was read), ``n`` (what each rests on),
    ``cost_sensitivity`` (net return at costs a side in bps), ``by_month``, ``by_hour``, ``by_exit``, ``drawdowns``
    and, where ``markets`` has it, ``by_regime``. ``portfolio`` is the same for the shared account, if there is one.
    ``until_ns`` is where the data that may be shown ends (exclusive, UTC)."""
    correlation, pairs = universe_correlation(backtests)
    units = {name: metric.unit for result in backtests.values() for name, metric in result.metrics.items()}
    document = {
        "symbols": {
            symbol: symbol_json(backtests[symbol], (markets or {}).get(symbol))
            for symbol in sorted(backtests)
        },
        "costs": costs_json(costs),
        "until": iso_utc(until_ns),
        "units": {name: unit for name, unit in units.items() if name not in _LEVELS},
        "table_units": _TABLE_UNITS,
        "universe": {
            "note": UNIVERSE_NOTE,
            "mean_correlation": correlation.value,
            "why": {"mean_correlation": correlation.why} if correlation.why else {},
            "n": {"mean_correlation": correlation.n},
            "correlations": {f"{a}/{b}": value for (a, b), value in pairs.items()},
        },
    }
    return document if portfolio is None else {**document, "portfolio": portfolio_json(portfolio, markets)}


def symbol_json(result: Backtest, market: Market | None = None) -> dict[str, Any]:
    """One symbol's metrics as JSON values; null where unknown, the reason under ``why``."""
    plain = {name: metric for name, metric in result.metrics.items() if name not in _LEVELS}
    months = by_month(result)
    document = {
        **{name: _number(metric) for name, metric in plain.items()},
        "why": {name: metric.why for name, metric in plain.items() if metric.value is None},
        "notes": {
            name: metric.why for name, metric in plain.items() if metric.value is not None and metric.why
        },
        "n": {name: metric.n for name, metric in plain.items()},
        "cost_sensitivity": {bps: _number(result.metrics[name]) for name, bps in _LEVELS.items()},
        "by_month": {name: {"net_return": month.value, "trades": month.n} for name, month in months.items()},
        "by_hour": by_hour(result),
        "by_exit": by_exit(result),
        "drawdowns": drawdown_rows(drawdowns(result)),
    }
    return document if market is None else {**document, "by_regime": by_regime(result, market)}


def portfolio_json(portfolio: Portfolio, markets: Mapping[str, Market] | None = None) -> dict[str, Any]:
    """The shared account as a symbol's, with its rules, and what they did to entries."""
    rules, symbols = portfolio.rules, {trade.symbol for trade in portfolio.account.trades}
    whole = markets is not None and symbols <= set(markets)
    return {
        **symbol_json(portfolio.account),
        **({"by_regime": by_regime(portfolio.account, *markets.values())} if markets and whole else {}),
        "by_symbol": by_symbol(portfolio.account),
        "rules": {
            "max_positions": rules.max_positions,
            "max_exposure": rules.max_exposure,
            "order": "largest size first, equals by name",
        },
        "entries_refused": portfolio.refused,
        "entries_cut": portfolio.cut,
        "net_return_equals_reversed": portfolio.net_return_reversed,
    }


def costs_json(costs: Costs) -> dict[str, Any]:
    """Costs as JSON values, in basis points a side."""
    return {
        "maker_bps": costs.maker_bps,
        "taker_bps": costs.taker_bps,
        "slippage_bps": costs.slippage_bps,
        "funding": costs.funding,
        "leverage": costs.leverage,
        "maintenance_margin": costs.maintenance_margin,
    }


def iso_utc(time_ns: int | None) -> str | None:
    """``2025-12-01T00:00:00Z``, or None."""
    if time_ns is None:
        return None
    return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def backtest_text(
    backtests: Mapping[str, Backtest],
    costs: Costs,
    until_ns: int | None,
    *,
    portfolio: Portfolio | None = None,
) -> str:
    """A table for a terminal of 110 columns; ``?`` where a figure is unknown, with the reasons below it."""
    shown = {symbol: backtests[symbol] for symbol in sorted(backtests)}
    if portfolio is not None:
        shown["PORTFOLIO"] = portfolio.account
    rows = [["symbol", *(heading for _, heading, _ in _TABLE)]]
    for symbol, result in shown.items():
        rows.append([symbol, *(written(result.metrics[name], form) for name, _, form in _TABLE)])
    lines = _aligned(rows)
    lines.append(costs_text(costs))
    lines += [] if portfolio is None else [_portfolio_text(portfolio)]
    lines.append(f"data until {iso_utc(until_ns) or 'its end'}; {UNIVERSE_NOTE}")
    return "\n".join([*lines, *_reasons(shown)]) + "\n"


def costs_text(costs: Costs) -> str:
    """The terms in one line."""
    lent = f", leverage {costs.leverage:g} (isolated)" if costs.leverage > 1 else ""
    return (
        f"costs a side: taker {costs.taker_bps:g} bps, maker {costs.maker_bps:g} bps, slippage "
        f"{costs.slippage_bps:g} bps, {'with' if costs.funding else 'without'} funding{lent}"
    )


def _portfolio_text(portfolio: Portfolio) -> str:
    rules = portfolio.rules
    return (
        f"portfolio: one account, at most {rules.max_positions} position{'' if rules.max_positions == 1 else 's'} and {rules.max_exposure:g} x equity; "
        f"{portfolio.refused} entries refused, {portfolio.cut} cut; "
        f"{portfolio.net_return_reversed:+.2%} had equal wishes gone the other way"
    )


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
    for symbol, result in backtests.items():
        for name, metric in result.metrics.items():
            if name in shown and metric.value is None:
                headings = found.setdefault(f"{symbol}: {metric.why}", [])
                headings.append(shown[name])
    return [f"? {reason} ({', '.join(headings)})" for reason, headings in found.items()]
