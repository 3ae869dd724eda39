"""An account's closed trades broken down: by the hour of the entry, by the regime in which it was decided, by symbol.

A row: ``{"trades", "pnl", "mean_bps", "win_rate", "why"}``. ``mean_bps`` is the mean net return in basis points of the
entry's notional; it and ``win_rate`` are None below MIN_TRADES trades, and ``why`` then says so (else ``""``)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from tools.backtest.daily import Drawdown
from tools.backtest.per_trade import returns_bps
from tools.backtest.ratios import too_few
from tools.contracts import Backtest, Market, Trade

HOUR_NS = 3_600_000_000_000
Row = dict[str, Any]


def row_of(trades: Sequence[Trade]) -> Row:
    """The figures of some closed trades."""
    why = too_few(len(trades))
    known = not why
    return {
        "trades": len(trades),
        "pnl": float(sum(trade.pnl for trade in trades)),
        "mean_bps": float(returns_bps(trades).mean()) if known else None,
        "win_rate": sum(trade.pnl > 0 for trade in trades) / len(trades) if known else None,
        "why": why,
    }


def closed_trades(result: Backtest) -> list[Trade]:
    """Without the one that is still open."""
    return [trade for trade in result.trades if trade.closed]


def by_hour(result: Backtest) -> dict[str, Row]:
    """``00`` .. ``23``: the UTC hour in which the entry was filled. Hours without a trade are left out."""
    return _rows({trade: f"{trade.entry_time_ns // HOUR_NS % 24:02d}" for trade in closed_trades(result)})


def by_symbol(result: Backtest) -> dict[str, Row]:
    """Of a shared account."""
    return _rows({trade: trade.symbol for trade in closed_trades(result)})


def by_exit(result: Backtest) -> dict[str, Row]:
    """By the reason for which a trade ended."""
    return _rows({trade: trade.reason.value for trade in closed_trades(result)})


def by_regime(result: Backtest, *markets: Market) -> dict[str, dict[str, Row]]:
    """For each dimension (volatility, volume, session) its states: rows with ``time_share``, the share of all bars of
    all ``markets`` in that state. The state is the one of a trade's own symbol that was known when the entry was
    decided, at the close of the bar before."""
    from tools.market.regimes import DIMENSIONS, MarketRegimeDetector

    detector, tables = MarketRegimeDetector(), {}
    closed = closed_trades(result)
    for dimension in DIMENSIONS:
        labels = {market.symbol: detector.dimension(market, dimension) for market in markets}
        names, counts = np.unique(np.concatenate([*labels.values()]), return_counts=True)
        rows: dict[Trade, str] = {}
        for market in markets:
            own = [trade for trade in closed if trade.symbol == market.symbol]
            bars = np.searchsorted(market.time, [trade.entry_time_ns for trade in own]) - 1
            rows |= zip(own, labels[market.symbol][np.maximum(bars, 0)].astype(str).tolist(), strict=True)
        found = _rows(rows)
        tables[dimension] = {
            str(name): {**found.get(str(name), row_of([])), "time_share": float(count / counts.sum())}
            for name, count in zip(names, counts, strict=True)
        }
    return tables


def drawdown_rows(episodes: Sequence[Drawdown], most: int = 5) -> list[Row]:
    """The deepest stretches below the highest equity, times in ISO, UTC; ``to`` is None where it has not come back."""
    from tools.backtest.report import iso_utc

    return [
        {
            "depth": episode.depth,
            "from": iso_utc(episode.from_ns),
            "low": iso_utc(episode.low_ns),
            "to": iso_utc(episode.to_ns),
            "days": episode.days,
        }
        for episode in episodes[:most]
    ]


def _rows(keys: Mapping[Trade, Hashable]) -> dict[str, Row]:
    groups: dict[str, list[Trade]] = {}
    for trade, key in keys.items():
        groups.setdefault(str(key), []).append(trade)
    return {key: row_of(groups[key]) for key in sorted(groups)}
