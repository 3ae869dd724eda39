"""Figures of the closed trades. A trade's return is its net P&L as a fraction of what it bought or sold at the entry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.backtest.facts import Facts
from tools.backtest.ratios import known_if, too_few
from tools.contracts import Backtest, ExitReason, Floats, Metric, Trade

_STAKE = "bps of the entry's notional"


def returns_bps(trades: Sequence[Trade]) -> Floats:
    """Net return of each trade, basis points of its notional at the entry."""
    return np.array([trade.net_bps for trade in trades])


def trade_metrics(result: Backtest, facts: Facts) -> list[Metric]:
    """Winning, losing, what a trade earns, and how far it went against and in favour on the way."""
    rows = [k for k, trade in enumerate(result.trades) if trade.closed]
    closed = [result.trades[k] for k in rows]
    pnl, bps = np.array([trade.pnl for trade in closed]), returns_bps(closed)
    return [
        *_wins(pnl),
        *_expectancy(pnl, bps),
        *_excursions(facts.adverse[rows], facts.favourable[rows]),
        _holding(closed),
    ]


def _wins(pnl: Floats) -> list[Metric]:
    n, why = len(pnl), too_few(len(pnl))
    won, lost = pnl[pnl > 0], -pnl[pnl < 0]
    both = bool(len(won) and len(lost))
    payoff_why = why or ("" if both else "no trade won" if len(lost) else "no trade lost")
    payoff = float(won.mean() / lost.mean()) if both else 0.0
    factor = float(won.sum() / lost.sum()) if len(lost) else 0.0
    share = len(won) / n if n else 0.0
    return [
        known_if(not why, "win_rate", share, "fraction of closed trades", n, why),
        known_if(not payoff_why, "payoff", payoff, "mean won / mean lost, net", n, payoff_why),
        known_if(
            not why and len(lost) > 0, "profit_factor", factor, "won / lost, net", n, why or "no trade lost"
        ),
    ]


def _expectancy(pnl: Floats, bps: Floats) -> list[Metric]:
    """SQN: sqrt(n) x mean / sd of the trades' returns, sd with n - 1. Tharp, "Definitive Guide to Position Sizing"
    (2008), with the return on the entry's notional in place of the R multiple."""
    n, why = len(pnl), too_few(len(pnl))
    sd = float(bps.std(ddof=1)) if n > 1 else 0.0
    sqn = n**0.5 * float(bps.mean()) / sd if sd > 0 else 0.0
    money, mean = (float(pnl.mean()), float(bps.mean())) if n else (0.0, 0.0)
    return [
        known_if(not why, "expectancy", money, "quote currency, mean net a trade", n, why),
        known_if(not why, "expectancy_bps", mean, f"{_STAKE}, mean net a trade", n, why),
        known_if(
            not why and sd > 0,
            "sqn",
            sqn,
            "sqrt(n) x mean / sd of trade returns",
            n,
            why or "trades never vary",
        ),
    ]


def _excursions(adverse: Floats, favourable: Floats) -> list[Metric]:
    n, why = len(adverse), too_few(len(adverse))
    figures = {
        "mae_bps": (adverse, "mean", "largest move against a trade"),
        "mae_p95_bps": (adverse, "p95", "largest move against a trade"),
        "mfe_bps": (favourable, "mean", "largest move in favour"),
    }
    metrics = []
    for name, (values, how, what) in figures.items():
        value = 0.0
        if n:
            value = float(values.mean() if how == "mean" else np.quantile(values, 0.95, method="higher"))
        unit = f"bps of the entry price, {'mean' if how == 'mean' else '95th percentile'}, {what}"
        metrics.append(known_if(not why, name, 1e4 * value, unit, n, why))
    return metrics


def _holding(closed: Sequence[Trade]) -> Metric:
    bars = float(np.mean([bars_held(trade) for trade in closed])) if closed else 0.0
    return known_if(bool(closed), "avg_holding_bars", bars, "bars", len(closed), "no closed trade")


def bars_held(trade: Trade) -> int:
    """Bars in which the position was held for any time. An exit at the open does not touch its bar."""
    at_open = trade.reason in (ExitReason.SIGNAL, ExitReason.TIME)
    return trade.exit_bar - trade.entry_bar + (0 if at_open else 1)
