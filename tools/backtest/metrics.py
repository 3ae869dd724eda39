"""Figures about one account. Each states its unit, its annualisation and how many observations it rests on.

A figure that cannot be known is None with the reason: never 0. Returns and drawdowns are fractions of the
initial cash or of the peak, costs are in basis points a side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tools.backtest.daily import aligned_daily_returns, daily_returns, drawdown
from tools.backtest.prepare import Prepared
from tools.contracts import Backtest, Costs, ExitReason, Floats, Market, Metric, Trade

#: Below these a ratio says more about luck than about the strategy.
MIN_TRADES = 10
MIN_DAYS = 20
DAYS_A_YEAR = 365  # crypto trades every day
#: Costs a side at which the same decisions are simulated again.
COST_LEVELS_BPS = (0, 2, 5, 10, 20)


def measure(result: Backtest, prepared: Prepared) -> dict[str, Metric]:
    """Every metric of an account, by name, in the order in which reports show them."""
    closed = tuple(trade for trade in result.trades if trade.reason is not ExitReason.OPEN)
    metrics = [
        *_counts(result, closed),
        *_returns(result),
        *_daily(result, len(closed)),
        *_per_trade(result, closed),
        *_paid(result, prepared),
        *_activity(result, closed),
        volume_share(result.trades, prepared.market),
        *_cost_levels(result, prepared),
    ]
    return {metric.name: metric for metric in metrics}


def sharpe(returns: Floats, trades: int) -> Metric:
    """Annualised Sharpe ratio of daily returns (risk-free rate 0): mean / sd x sqrt(365), sd with n - 1.

    Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21 (1994)."""
    unit = f"ratio, daily returns x sqrt({DAYS_A_YEAR})"
    why = _too_few(trades, len(returns)) or ("" if returns.std(ddof=1) > 0 else "daily returns never vary")
    value = None if why else float(returns.mean() / returns.std(ddof=1) * np.sqrt(DAYS_A_YEAR))
    return Metric("sharpe", value, unit, len(returns), why)


def sortino(returns: Floats, trades: int) -> Metric:
    """Annualised Sortino ratio of daily returns, target 0: mean / downside deviation x sqrt(365), the deviation
    being the root mean square of the negative returns over all days.

    Sortino and van der Meer, "Downside Risk", Journal of Portfolio Management 17 (1991)."""
    unit = f"ratio, daily returns x sqrt({DAYS_A_YEAR})"
    why = _too_few(trades, len(returns)) or ("" if (returns < 0).any() else "no day lost")
    if why:
        return Metric("sortino", None, unit, len(returns), why)
    downside = float(np.sqrt(np.mean(np.minimum(returns, 0.0) ** 2)))
    return Metric("sortino", float(returns.mean()) / downside * DAYS_A_YEAR**0.5, unit, len(returns))


def _too_few(trades: int, days: int | None = None) -> str:
    if trades < MIN_TRADES:
        return f"{trades} closed trades, needs {MIN_TRADES}"
    if days is not None and days < MIN_DAYS:
        return f"{days} days, needs {MIN_DAYS}"
    return ""


def _known_if(condition: bool, name: str, value: float, unit: str, n: int, why: str) -> Metric:
    return Metric(name, value if condition else None, unit, n, "" if condition else why)


def _counts(result: Backtest, closed: Sequence[Trade]) -> list[Metric]:
    bars = len(result.equity)
    return [
        Metric("trades", float(len(closed)), "closed trades", bars),
        Metric("open_trades", float(len(result.trades) - len(closed)), "trades open on the last bar", bars),
        Metric("ambiguous_bars", float(result.ambiguous_bars), "bars with stop and target inside", bars),
        Metric("conflicting_bars", float(result.conflicting_bars), "bars with contradictory decisions", bars),
    ]


def _returns(result: Backtest) -> list[Metric]:
    cash, trades = result.initial_cash, result.trades
    net = float(result.equity[-1]) / cash - 1.0
    gross = sum(trade.pnl + trade.fees + trade.funding for trade in trades) / cash
    traded, why, n = bool(trades), "no trade", len(trades)
    return [
        _known_if(traded, "net_return", net, "fraction of initial cash, open trade marked", n, why),
        _known_if(traded, "gross_return", gross, "fraction of initial cash, before fees and funding", n, why),
        _known_if(traded, "max_drawdown", float(drawdown(result).max()), "fraction of peak equity", n, why),
    ]


def _daily(result: Backtest, closed: int) -> list[Metric]:
    returns = daily_returns(result)
    ratios = [sharpe(returns, closed), sortino(returns, closed)]
    unit, n = "fraction, compounded daily returns", len(returns)
    enough, why = n >= 2 and bool(result.trades), "no trade" if not result.trades else f"{n} day"
    best, worst = int(np.argmax(returns)), int(np.argmin(returns))
    without = {"best": np.delete(returns, best), "worst": np.delete(returns, worst)}
    return ratios + [
        _known_if(
            enough, f"net_return_without_{name}_day", float(np.prod(1.0 + rest)) - 1.0, unit, n - 1, why
        )
        for name, rest in without.items()
    ]


def _per_trade(result: Backtest, closed: Sequence[Trade]) -> list[Metric]:
    n, why = len(closed), _too_few(len(closed))
    pnl = np.array([trade.pnl for trade in closed])
    stake = np.array([trade.quantity * trade.entry_price for trade in closed])
    lost = -float(pnl[pnl < 0].sum()) if n else 0.0
    return_bps = pnl / stake * 1e4 if n else np.zeros(1)
    factor_why = why or "no trade lost"
    won = float(pnl[pnl > 0].sum()) if n else 0.0
    return [
        _known_if(
            not why, "win_rate", float((pnl > 0).mean()) if n else 0.0, "fraction of closed trades", n, why
        ),
        _known_if(
            not why and lost > 0, "profit_factor", won / (lost or 1.0), "won / lost, net", n, factor_why
        ),
        _known_if(
            not why, "expectancy_bps", float(return_bps.mean()), "bps of the stake, mean net a trade", n, why
        ),
    ]


def _paid(result: Backtest, prepared: Prepared) -> list[Metric]:
    trades, n = result.trades, len(result.trades)
    funding = prepared.funding
    paid = sum(trade.funding for trade in trades) if funding.known else None
    why = funding.note if funding.known else "the market has no column with the role funding"
    return [
        Metric("fees", float(sum(trade.fees for trade in trades)), "quote currency", n),
        Metric("funding", None if paid is None else float(paid), "quote currency, positive = paid", n, why),
    ]


def _activity(result: Backtest, closed: Sequence[Trade]) -> list[Metric]:
    bars, trades = len(result.equity), result.trades
    held = sum(_bars_held(trade) for trade in trades)
    notional = sum(_traded(trade) for trade in trades)
    mean_held = float(np.mean([_bars_held(trade) for trade in closed])) if closed else 0.0
    return [
        Metric("exposure", held / bars, "fraction of bars with a position", bars),
        Metric("turnover", notional / result.initial_cash, "traded notional / initial cash", len(trades)),
        _known_if(bool(closed), "avg_holding_bars", mean_held, "bars", len(closed), "no closed trade"),
    ]


def volume_share(trades: Sequence[Trade], market: Market) -> Metric:
    """How large entries are beside the volume of their bar: the 95th percentile of their shares. Above a few
    percent the fills that the simulation grants could not be had."""
    name, unit, n = "volume_share_p95", "fraction of the entry bar's volume", len(trades)
    base, quote = market.columns_of("volume"), market.columns_of("quote_volume")
    if not trades or not (base or quote):
        return Metric(
            name, None, unit, n, "no trade" if not trades else "the market has no column with the role volume"
        )
    bars = np.array([trade.entry_bar for trade in trades])
    traded = (
        market.columns[base[0]][bars]
        if base
        else market.columns[quote[0]][bars] / market.columns["open"][bars]
    )
    wanted = np.array([trade.quantity for trade in trades])
    share = np.where(traded > 0, wanted / np.where(traded > 0, traded, 1.0), np.inf)
    value = float(np.quantile(share, 0.95, method="higher"))
    return _known_if(
        bool(np.isfinite(value)),
        name,
        value,
        unit,
        n,
        "5 % of the entries or more are on bars without volume",
    )


def _bars_held(trade: Trade) -> int:
    """Bars in which the position was held for any time. An exit at the open does not touch its bar."""
    at_open = trade.reason in (ExitReason.SIGNAL, ExitReason.TIME)
    return trade.exit_bar - trade.entry_bar + (0 if at_open else 1)


def _traded(trade: Trade) -> float:
    """Notional bought and sold; an open trade was only entered."""
    exit_price = 0.0 if trade.reason is ExitReason.OPEN else trade.exit_price
    return trade.quantity * (trade.entry_price + exit_price)


def _cost_levels(result: Backtest, prepared: Prepared) -> list[Metric]:
    """The same decisions under other costs: each level is charged on both sides instead of fees and slippage."""
    traded, n = bool(result.trades), len(result.trades)
    unit = "fraction of initial cash, simulated at this cost a side"
    metrics = []
    for level in COST_LEVELS_BPS:
        account = prepared.run(Costs(maker_bps=level, taker_bps=level, slippage_bps=0.0))
        value = float(account.equity[-1]) / result.initial_cash - 1.0
        metrics.append(_known_if(traded, f"net_return_at_{level}bps", value, unit, n, "no trade"))
        if level == 0:
            metrics.append(_break_even(account.floats, _closed(result)))
    return metrics


def _closed(result: Backtest) -> int:
    return sum(trade.reason is not ExitReason.OPEN for trade in result.trades)


def _break_even(rows: Floats, n_closed: int) -> Metric:
    """The cost a side at which the trades, at the sizes of a free account, would earn nothing: their gross P&L
    less funding over the notional they traded (an open trade as if sold at its mark). Negative = they lose even
    for free."""
    why = _too_few(n_closed)
    quantity, entry, last, pnl = rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 5]
    notional = float(np.sum(quantity * (entry + last)))
    value = float(np.sum(pnl)) / notional * 1e4 if notional else 0.0
    return _known_if(not why, "break_even_cost_bps", value, "bps a side, funding included", n_closed, why)


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
