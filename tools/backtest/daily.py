"""An account by UTC day and month, and its drawdown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tools.contracts import Backtest, Floats, Ints, Metric

DAY_NS = 86_400_000_000_000


def daily_equity(result: Backtest) -> tuple[Ints, Floats]:
    """UTC days (days since the epoch) and the equity at each one's last close. Days cut off at either end count."""
    day = result.time // DAY_NS
    last = np.append(np.diff(day) != 0, True)
    return day[last], result.equity[last]


def daily_returns(result: Backtest) -> Floats:
    """Return of each UTC day as a fraction of the equity the day before (the first: of the initial cash). After
    the account is gone: 0."""
    _, equity = daily_equity(result)
    before = np.concatenate(([result.initial_cash], equity[:-1]))
    alive = before > 0
    return np.where(alive, equity / np.where(alive, before, 1.0) - 1.0, 0.0)


def aligned_daily_returns(backtests: Mapping[str, Backtest]) -> tuple[list[str], Floats]:
    """Symbols in alphabetical order and their daily returns (days, symbols) on the days that all have."""
    names = sorted(backtests)
    if not names:
        return [], np.empty((0, 0))
    days = {name: daily_equity(backtests[name])[0] for name in names}
    common = days[names[0]]
    for name in names[1:]:
        common = np.intersect1d(common, days[name], assume_unique=True)
    columns = [daily_returns(backtests[name])[np.isin(days[name], common)] for name in names]
    return names, np.column_stack(columns)


def drawdown(result: Backtest) -> Floats:
    """At each bar the fraction by which equity is below its highest value so far (the initial cash included)."""
    peak = np.maximum.accumulate(np.maximum(result.equity, result.initial_cash))
    path: Floats = 1.0 - result.equity / peak
    return path


def by_month(result: Backtest) -> dict[str, Metric]:
    """``YYYY-MM`` (UTC) -> net return of that month as a fraction of the equity before it; n = trades that ended
    (or are still open) in it. None where no trade was held at any time in the month."""
    month = result.time.view("datetime64[ns]").astype("datetime64[M]")
    last: list[int] = np.flatnonzero(np.append(month[1:] != month[:-1], True)).tolist()
    found: dict[str, Metric] = {}
    before, first = result.initial_cash, 0
    for end in last:
        inside = [trade for trade in result.trades if trade.entry_bar <= end and trade.exit_bar >= first]
        n = sum(first <= trade.exit_bar <= end for trade in inside)
        equity = float(result.equity[end])
        value = equity / before - 1.0 if inside and before > 0 else None
        why = "" if value is not None else ("no trade" if before > 0 else "the account was gone")
        name = str(month[end])
        found[name] = Metric(f"net_return_{name}", value, "fraction of the equity before", n, why)
        before, first = equity, end + 1
    return found
