"""An account by UTC day and month, and its drawdown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tools.contracts import Backtest, Floats, Ints, Metric

DAY_NS = 86_400_000_000_000
#: Closer to its peak than this, the account is back at it.
_ROUNDING = 1e-12


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


@dataclass(frozen=True)
class Drawdown:
    """One stretch below the highest equity so far: from the last bar at that height (``from_ns``) over the lowest
    (``low_ns``) to the first bar back at it (``to_ns``, None = not by the end). ``depth`` is a fraction of the peak."""

    depth: float
    from_ns: int
    low_ns: int
    to_ns: int | None
    days: float


def drawdowns(result: Backtest) -> list[Drawdown]:
    """Every stretch under water, the deepest first. Before the first bar the account is at its initial cash."""
    path = drawdown(result)
    under = np.concatenate(([False], path > _ROUNDING, [False]))
    starts = np.flatnonzero(~under[:-1] & under[1:])
    stops = np.flatnonzero(under[:-1] & ~under[1:])
    found = []
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        low = start + int(np.argmax(path[start:stop]))
        first, end = int(result.time[max(start - 1, 0)]), int(result.time[min(stop, len(path) - 1)])
        found.append(
            Drawdown(
                float(path[low]),
                first,
                int(result.time[low]),
                end if stop < len(path) else None,
                (end - first) / DAY_NS,
            )
        )
    return sorted(found, key=lambda episode: -episode.depth)


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
