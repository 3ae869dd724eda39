"""Backtests as one self-contained HTML page that follows the chart contract (design section on seeing)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from tools.backtest.charts import BUY_COLOUR as BUY_COLOUR
from tools.backtest.charts import SELL_COLOUR as SELL_COLOUR
from tools.backtest.charts import charts_of
from tools.backtest.daily import by_month, drawdowns
from tools.backtest.metrics import COST_LEVELS_BPS, universe_correlation
from tools.backtest.portfolio import Portfolio
from tools.backtest.report import UNIVERSE_NOTE, costs_text, iso_utc, written
from tools.backtest.tables import Row, by_exit, by_hour, by_regime, by_symbol, drawdown_rows
from tools.contracts import Backtest, Costs, Market, Metric

#: Title, the metric whose n the group rests on and what it counts, and the figures: metric, heading, format.
_SHOWN = (
    (
        "Result",
        "net_return",
        "trades",
        (
            ("trades", "closed trades", "{:.0f}"),
            ("net_return", "net return", "{:+.2%}"),
            ("gross_return", "before fees and funding", "{:+.2%}"),
            ("cagr", "a year, compounded", "{:+.2%}"),
            ("net_return_without_best_day", "without the best day", "{:+.2%}"),
            ("net_return_without_worst_day", "without the worst day", "{:+.2%}"),
            ("open_trades", "open at the end", "{:.0f}"),
        ),
    ),
    (
        "Risk",
        "sharpe",
        "days",
        (
            ("sharpe", "Sharpe, annualised", "{:.2f}"),
            ("sortino", "Sortino, annualised", "{:.2f}"),
            ("calmar", "Calmar", "{:.2f}"),
            ("volatility", "volatility a year", "{:.1%}"),
            ("max_drawdown", "largest drawdown", "{:.2%}"),
            ("max_drawdown_days", "longest below the peak, days", "{:.1f}"),
            ("exposure", "time in a position", "{:.1%}"),
            ("liquidations", "liquidations", "{:.0f}"),
        ),
    ),
    (
        "Trades",
        "win_rate",
        "closed",
        (
            ("win_rate", "won", "{:.1%}"),
            ("payoff", "mean won / mean lost", "{:.2f}"),
            ("profit_factor", "profit factor", "{:.2f}"),
            ("expectancy_bps", "bps a trade, net", "{:+.1f}"),
            ("sqn", "SQN", "{:+.2f}"),
            ("mae_bps", "bps against, mean", "{:.0f}"),
            ("mae_p95_bps", "bps against, 95th pct", "{:.0f}"),
            ("mfe_bps", "bps in favour, mean", "{:.0f}"),
            ("avg_holding_bars", "bars held, mean", "{:.1f}"),
            ("ambiguous_bars", "stop and target in one bar", "{:.0f}"),
            ("conflicting_bars", "contradictory decisions", "{:.0f}"),
        ),
    ),
    (
        "Costs and size",
        "fees",
        "trades",
        (
            ("break_even_cost_bps", "break-even, bps a side", "{:+.2f}"),
            *((f"net_return_at_{bps}bps", f"net at {bps} bps a side", "{:+.2%}") for bps in COST_LEVELS_BPS),
            ("fees", "fees, quote", "{:.2f}"),
            ("funding", "funding, quote", "{:+.2f}"),
            ("turnover", "turnover, x initial cash", "{:.1f}"),
            ("volume_share_median", "of bar volume, median", "{:.3%}"),
            ("volume_share_p95", "of bar volume, 95th pct", "{:.2%}"),
            ("volume_share_max", "of bar volume, largest", "{:.2%}"),
        ),
    ),
)
#: The table that compares symbols.
_COMPARED = (
    ("trades", "trades", "{:.0f}"),
    ("net_return", "net", "{:+.2%}"),
    ("net_return_without_best_day", "without best day", "{:+.2%}"),
    ("sharpe", "Sharpe", "{:.2f}"),
    ("max_drawdown", "max dd", "{:.2%}"),
    ("win_rate", "won", "{:.0%}"),
    ("expectancy_bps", "bps/trade", "{:+.1f}"),
    ("break_even_cost_bps", "break-even bps", "{:+.1f}"),
    ("exposure", "exposed", "{:.1%}"),
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
    """The page: all symbols side by side, the shared account where there is one, then per symbol its figures, equity,
    drawdown, price with trades (where ``markets`` has it) and tables.

    Nothing is fetched: plotly's script comes from its package. Lines are thinned to the extremes of short stretches;
    trades are exact."""
    from jinja2 import Environment, StrictUndefined
    from plotly.offline import get_plotlyjs

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(
        resources.files("tools.backtest").joinpath("page.html.jinja").read_text("utf-8")
    )
    shown = {name: backtests[name] for name in sorted(backtests)}
    accounts = ([] if portfolio is None else [portfolio.account]) + list(shown.values())
    charts = [chart for a in accounts for chart in charts_of(a, (markets or {}).get(a.symbol))]
    sections = [_section(a, (markets or {}).get(a.symbol), charts) for a in accounts]
    return template.render(
        title=title,
        plotly=get_plotlyjs(),
        compared=_comparison(accounts),
        correlation=_correlation(shown),
        sections=sections,
        portfolio=None if portfolio is None else _portfolio(portfolio),
        costs=costs_text(costs),
        until=iso_utc(until_ns),
        universe=UNIVERSE_NOTE,
        # "<" would let a symbol's name close the script element.
        charts=json.dumps(charts, allow_nan=False).replace("<", "\\u003c"),
    )


def _comparison(accounts: list[Backtest]) -> dict[str, Any]:
    rows = [
        {
            "name": account.symbol,
            "cells": [
                (written(account.metrics[name], form), account.metrics[name].why)
                for name, _, form in _COMPARED
            ],
        }
        for account in accounts
    ]
    return {"headings": [heading for _, heading, _ in _COMPARED], "rows": rows}


def _correlation(backtests: Mapping[str, Backtest]) -> dict[str, Any]:
    mean, pairs = universe_correlation(backtests)
    names = sorted({name for pair in pairs for name in pair})
    both = {**pairs, **{(b, a): value for (a, b), value in pairs.items()}}
    rows = [{"name": a, "cells": ["1" if a == b else f"{both[a, b]:+.2f}" for b in names]} for a in names]
    return {"mean": written(mean, "{:+.2f}"), "n": mean.n, "why": mean.why, "names": names, "rows": rows}


def _portfolio(portfolio: Portfolio) -> dict[str, Any]:
    rules = portfolio.rules
    return {
        "name": portfolio.account.symbol,
        "rules": f"At most {rules.max_positions} position{'' if rules.max_positions == 1 else 's'} and {rules.max_exposure:g} x equity of notional; the largest "
        "wish is first, equals go by name.",
        "effect": f"{portfolio.refused} entries refused, {portfolio.cut} cut to what was left; "
        f"{portfolio.net_return_reversed:+.2%} had equal wishes gone the other way.",
    }


def _section(result: Backtest, market: Market | None, charts: list[dict[str, Any]]) -> dict[str, Any]:
    headings = _headings()
    return {
        "name": result.symbol,
        "as_of": iso_utc(int(result.time[-1])),
        "groups": [
            {
                "title": f"{title} ({result.metrics[counted].n} {noun})",
                "figures": [_figure(result.metrics[name], heading, form) for name, heading, form in figures],
            }
            for title, counted, noun, figures in _SHOWN
        ],
        "unknown": _unknown(result),
        "notes": [
            f"{headings.get(metric.name, metric.name)}: {metric.why}"
            for metric in result.metrics.values()
            if metric.value is not None and metric.why
        ],
        "months": [
            {"month": name, "text": written(month, "{:+.2%}"), "n": month.n}
            for name, month in by_month(result).items()
        ],
        "charts": [
            {"id": chart["id"], "panel": chart["panel"], "title": chart["title"]}
            for chart in charts
            if chart["symbol"] == result.symbol
        ],
        "tables": _tables(result, market),
        "drawdowns": drawdown_rows(drawdowns(result)),
    }


def _figure(metric: Metric, heading: str, form: str) -> dict[str, Any]:
    return {
        "metric": metric.name,
        "heading": heading,
        "text": written(metric, form),
        "value": "" if metric.value is None else repr(metric.value),
        "n": metric.n,
        "title": f"{metric.unit}; n = {metric.n}. {metric.why}".strip(),
    }


def _headings() -> dict[str, str]:
    return {name: heading for *_, figures in _SHOWN for name, heading, _ in figures}


def _unknown(result: Backtest) -> list[str]:
    """Each reason once, with the figures that it keeps unknown."""
    headings = _headings()
    reasons: dict[str, list[str]] = {}
    for name, metric in result.metrics.items():
        if metric.value is None:
            reasons.setdefault(metric.why, []).append(headings.get(name, name))
    return [f"{why}: {', '.join(names)}" for why, names in reasons.items()]


def _tables(result: Backtest, market: Market | None) -> list[dict[str, Any]]:
    found = [("Exit", by_exit(result)), ("Hour of the entry, UTC", by_hour(result))]
    if market is not None:
        found += [
            (f"{name.capitalize()} at the decision", rows) for name, rows in by_regime(result, market).items()
        ]
    if any(trade.symbol != result.symbol for trade in result.trades):
        found.insert(0, ("Symbol", by_symbol(result)))
    return [{"title": title, "rows": _cells(rows)} for title, rows in found if rows]


def _cells(rows: Mapping[str, Row]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "trades": row["trades"],
            "pnl": f"{row['pnl']:+.2f}",
            "bps": "?" if row["mean_bps"] is None else f"{row['mean_bps']:+.1f}",
            "won": "?" if row["win_rate"] is None else f"{row['win_rate']:.0%}",
            "time": f"{row['time_share']:.0%}" if "time_share" in row else "",
            "why": row["why"],
        }
        for name, row in rows.items()
    ]
