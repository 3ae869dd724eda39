"""Figures about one account. Each states its unit, its annualisation and how many observations it rests on.

A figure that cannot be known is None with the reason: never 0. Returns and drawdowns are fractions of the
initial cash or of the peak, costs are in basis points a side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from tools.backtest.daily import aligned_daily_returns
from tools.backtest.facts import Facts
from tools.backtest.per_trade import bars_held, trade_metrics
from tools.backtest.ratios import MIN_DAYS, daily_metrics, known_if, too_few
from tools.contracts import Backtest, ExitReason, Floats, Metric, Trade

#: Costs a side at which the same decisions are simulated again.
COST_LEVELS_BPS = (0, 2, 5, 10, 20)


def measure(result: Backtest, facts: Facts) -> dict[str, Metric]:
    """Every metric of an account, by name, in the order in which reports show them."""
    closed = sum(trade.closed for trade in result.trades)
    metrics = [
        *_counts(result, closed),
        *_returns(result),
        *daily_metrics(result, closed),
        *trade_metrics(result, facts),
        *_paid(result, facts),
        *_activity(result),
        *volume_shares(result.trades, facts.entry_volume),
        *_cost_levels(result, facts, closed),
    ]
    return {metric.name: metric for metric in metrics}


def _counts(result: Backtest, closed: int) -> list[Metric]:
    bars = len(result.equity)
    ruined = sum(trade.reason is ExitReason.LIQUIDATION for trade in result.trades)
    return [
        Metric("trades", float(closed), "closed trades", bars),
        Metric("open_trades", float(len(result.trades) - closed), "trades open on the last bar", bars),
        Metric("liquidations", float(ruined), "trades that lost their whole margin", bars),
        Metric("ambiguous_bars", float(result.ambiguous_bars), "bars with stop and target inside", bars),
        Metric("conflicting_bars", float(result.conflicting_bars), "bars with contradictory decisions", bars),
    ]


def _returns(result: Backtest) -> list[Metric]:
    cash, trades = result.initial_cash, result.trades
    net = float(result.equity[-1]) / cash - 1.0
    gross = sum(trade.pnl + trade.fees + trade.funding for trade in trades) / cash
    traded, why, n = bool(trades), "no trade", len(trades)
    return [
        known_if(traded, "net_return", net, "fraction of initial cash, open trade marked", n, why),
        known_if(traded, "gross_return", gross, "fraction of initial cash, before fees and funding", n, why),
    ]


def _paid(result: Backtest, facts: Facts) -> list[Metric]:
    trades, n = result.trades, len(result.trades)
    paid = float(sum(trade.funding for trade in trades)) if facts.funding_known else None
    return [
        Metric("fees", float(sum(trade.fees for trade in trades)), "quote currency", n),
        Metric("funding", paid, "quote currency, positive = paid", n, facts.funding_note),
    ]


def _activity(result: Backtest) -> list[Metric]:
    bars, trades = len(result.equity), result.trades
    held = np.zeros(bars + 1, dtype=np.int64)
    for trade in trades:
        held[trade.entry_bar] += 1
        held[trade.entry_bar + bars_held(trade)] -= 1
    share = float(np.mean(np.cumsum(held[:-1]) > 0))
    notional = sum(_traded(trade) for trade in trades)
    return [
        Metric("exposure", share, "fraction of bars with a position", bars),
        Metric("turnover", notional / result.initial_cash, "traded notional / initial cash", len(trades)),
    ]


def _traded(trade: Trade) -> float:
    """Notional bought and sold; an open trade was only entered."""
    exit_price = 0.0 if trade.reason is ExitReason.OPEN else trade.exit_price
    return trade.quantity * (trade.entry_price + exit_price)


def volume_shares(trades: Sequence[Trade], volume: Floats) -> list[Metric]:
    """How large entries are beside what was traded on their bar: the middle, the 95th percentile and the largest of
    their shares. Above a few percent the fills that the simulation grants could not be had."""
    unit, n = "fraction of the entry bar's volume", len(trades)
    unsaid = "no trade" if not n else "the market has no column with the role volume"
    if not n or np.isnan(volume).all():
        return [Metric(f"volume_share_{name}", None, unit, n, unsaid) for name in ("median", "p95", "max")]
    wanted = np.array([trade.quantity for trade in trades])
    share = np.where(volume > 0, wanted / np.where(volume > 0, volume, 1.0), np.inf)
    metrics = []
    for name, level in (("median", 0.5), ("p95", 0.95), ("max", 1.0)):
        value = float(np.quantile(share, level, method="higher"))
        why = f"{np.mean(np.isinf(share)):.0%} of the entries are on bars without volume"
        metrics.append(known_if(bool(np.isfinite(value)), f"volume_share_{name}", value, unit, n, why))
    return metrics


def _cost_levels(result: Backtest, facts: Facts, closed: int) -> list[Metric]:
    """The same decisions under other costs: each level is charged on both sides instead of fees and slippage."""
    traded, n = bool(result.trades), len(result.trades)
    unit = "fraction of initial cash, simulated at this cost a side"
    metrics = []
    for level in COST_LEVELS_BPS:
        account = facts.again(replace(facts.costs, maker_bps=level, taker_bps=level, slippage_bps=0.0))
        value = float(account.equity[-1]) / result.initial_cash - 1.0
        metrics.append(known_if(traded, f"net_return_at_{level}bps", value, unit, n, "no trade"))
        if level == 0:
            metrics.append(_break_even(account.floats, closed))
    return metrics


def _break_even(rows: Floats, n_closed: int) -> Metric:
    """The cost a side at which the trades, at the sizes of a free account, would earn nothing: their gross P&L
    less funding over the notional they traded (an open trade as if sold at its mark). Negative = they lose even
    for free."""
    why = too_few(n_closed)
    quantity, entry, last, pnl = rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 5]
    notional = float(np.sum(quantity * (entry + last)))
    value = float(np.sum(pnl)) / notional * 1e4 if notional else 0.0
    unit = "bps a side, funding included, at the sizes of an account without costs"
    return known_if(not why, "break_even_cost_bps", value, unit, n_closed, why)


def universe_correlation(backtests: Mapping[str, Backtest]) -> tuple[Metric, dict[tuple[str, str], float]]:
    """Mean pairwise correlation of daily returns on common days, and each pair's. Symbols that never traded
    have no returns to correlate and are left out."""
    names, table = aligned_daily_returns(backtests)
    varying = [i for i in range(len(names)) if len(table) and table[:, i].std() > 0]
    n = len(table)
    if len(varying) < 2 or n < MIN_DAYS:
        why = f"{len(varying)} symbols that traded on {n} common days, needs 2 and {MIN_DAYS}"
        return Metric("mean_correlation", None, "correlation of daily returns", n, why), {}
    matrix = np.atleast_2d(np.corrcoef(table[:, varying], rowvar=False))
    pairs = {
        (names[varying[a]], names[varying[b]]): float(matrix[a, b])
        for a in range(len(varying))
        for b in range(a + 1, len(varying))
    }
    mean = float(np.mean(list(pairs.values())))
    return Metric("mean_correlation", mean, "correlation of daily returns", n), pairs
