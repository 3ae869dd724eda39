"""Figures of an account's daily returns, annualised on 365 days: crypto trades every day. Risk-free rate 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.backtest.daily import Drawdown, daily_returns, drawdown, drawdowns
from tools.contracts import Backtest, Floats, Metric

#: Below these a ratio says more about luck than about the strategy.
MIN_TRADES = 10
MIN_DAYS = 20
#: A shorter stretch, raised to a year, is a wish.
MIN_DAYS_TO_COMPOUND = 90
DAYS_A_YEAR = 365
DAY_NS = 86_400_000_000_000


def too_few(trades: int, days: int | None = None, least_days: int = MIN_DAYS) -> str:
    """Why there are too few observations, or nothing."""
    if trades < MIN_TRADES:
        return f"{trades} closed trades, needs {MIN_TRADES}"
    if days is not None and days < least_days:
        return f"{days} days, needs {least_days}"
    return ""


def known_if(condition: bool, name: str, value: float, unit: str, n: int, why: str) -> Metric:
    """A metric that is unknown unless ``condition`` holds."""
    return Metric(name, value if condition else None, unit, n, "" if condition else why)


def daily_metrics(result: Backtest, closed: int) -> list[Metric]:
    """Growth, risk and their ratios; ``closed`` is the number of closed trades."""
    returns = daily_returns(result)
    growth, deepest = cagr(returns, closed), float(drawdown(result).max())
    traded = bool(result.trades)
    return [
        growth,
        volatility(returns, closed),
        sharpe(returns, closed),
        sortino(returns, closed),
        calmar(growth, deepest),
        known_if(traded, "max_drawdown", deepest, "fraction of peak equity", len(result.equity), "no trade"),
        _longest(result, drawdowns(result)),
        *_without_days(result, returns),
    ]


def cagr(returns: Floats, trades: int) -> Metric:
    """Compound annual growth: the product of 1 + daily return, to the power of 365 / days, less 1."""
    n = len(returns)
    why = too_few(trades, n, MIN_DAYS_TO_COMPOUND)
    value = 0.0 if why else float(np.prod(1.0 + returns)) ** (DAYS_A_YEAR / n) - 1.0
    return known_if(not why, "cagr", value, "fraction a year, compounded daily returns", n, why)


def volatility(returns: Floats, trades: int) -> Metric:
    """Annualised standard deviation of daily returns, with n - 1."""
    why = too_few(trades, len(returns))
    value = 0.0 if why else float(returns.std(ddof=1)) * DAYS_A_YEAR**0.5
    return known_if(
        not why, "volatility", value, f"fraction, daily sd x sqrt({DAYS_A_YEAR})", len(returns), why
    )


def sharpe(returns: Floats, trades: int) -> Metric:
    """Annualised Sharpe ratio of daily returns (risk-free rate 0): mean / sd x sqrt(365), sd with n - 1.

    Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21 (1994)."""
    unit = f"ratio, daily returns x sqrt({DAYS_A_YEAR})"
    why = too_few(trades, len(returns)) or ("" if returns.std(ddof=1) > 0 else "daily returns never vary")
    value = None if why else float(returns.mean() / returns.std(ddof=1) * np.sqrt(DAYS_A_YEAR))
    return Metric("sharpe", value, unit, len(returns), why)


def sortino(returns: Floats, trades: int) -> Metric:
    """Annualised Sortino ratio of daily returns, target 0: mean / downside deviation x sqrt(365), the deviation
    being the root mean square of the negative returns over all days.

    Sortino and van der Meer, "Downside Risk", Journal of Portfolio Management 17 (1991)."""
    unit = f"ratio, daily returns x sqrt({DAYS_A_YEAR})"
    why = too_few(trades, len(returns)) or ("" if (returns < 0).any() else "no day lost")
    if why:
        return Metric("sortino", None, unit, len(returns), why)
    downside = float(np.sqrt(np.mean(np.minimum(returns, 0.0) ** 2)))
    return Metric("sortino", float(returns.mean()) / downside * DAYS_A_YEAR**0.5, unit, len(returns))


def calmar(growth: Metric, deepest: float) -> Metric:
    """Growth a year over the largest drawdown. Young, "Calmar Ratio: A Smoother Tool", Futures 20 (1991)."""
    why = growth.why or ("" if deepest > 0 else "equity never fell")
    value = None if why or growth.value is None else growth.value / deepest
    return Metric("calmar", value, "ratio, growth a year / largest drawdown", growth.n, why)


def _longest(result: Backtest, episodes: Sequence[Drawdown]) -> Metric:
    """The longest stretch below the highest equity so far."""
    longest = max(episodes, key=lambda episode: episode.days, default=None)
    note = "not recovered at the end" if longest is not None and longest.to_ns is None else ""
    if not result.trades:
        return Metric("max_drawdown_days", None, "days", len(result.equity), "no trade")
    days = 0.0 if longest is None else longest.days
    return Metric("max_drawdown_days", days, "days below the highest equity", len(result.equity), note)


def _without_days(result: Backtest, returns: Floats) -> list[Metric]:
    unit, n = "fraction, compounded daily returns", len(returns)
    enough, why = n >= 2 and bool(result.trades), "no trade" if not result.trades else f"{n} day"
    days = {"best": int(np.argmax(returns)), "worst": int(np.argmin(returns))}
    return [
        known_if(
            enough,
            f"net_return_without_{name}_day",
            float(np.prod(1.0 + np.delete(returns, day))) - 1.0,
            unit,
            n - 1,
            why,
        )
        for name, day in days.items()
    ]
