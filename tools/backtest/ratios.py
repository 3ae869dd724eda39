"""Figures of an account's daily returns, annualised on 365 days: crypto trades every day. Risk-free rate 0.

Bars longer than a day give one return each; ``span`` is how many days a return covers, 1 unless said otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.backtest.daily import DAY_NS, Drawdown, daily_returns, drawdown, drawdowns
from tools.contracts import Backtest, Floats, Metric

#: Below these a ratio says more about luck than about the strategy.
MIN_TRADES = 10
MIN_DAYS = 20
#: A shorter stretch, raised to a year, is a wish.
MIN_DAYS_TO_COMPOUND = 90
DAYS_A_YEAR = 365


def too_few(trades: int, days: int | None = None, least_days: int = MIN_DAYS, what: str = "days") -> str:
    """Why there are too few observations, or nothing. ``what`` the ``days`` are."""
    if trades < MIN_TRADES:
        return f"{trades} closed trades, needs {MIN_TRADES}"
    if days is not None and days < least_days:
        return f"{days} {what}, needs {least_days}"
    return ""


def days_a_return(result: Backtest) -> float:
    """How many days one of the account's daily returns covers: 1, or the bars' own length where that is longer."""
    if len(result.time) < 2:
        return 1.0
    return max(1.0, float(np.median(np.diff(result.time))) / DAY_NS)


def _returns_of(span: float) -> str:
    return "daily returns" if span == 1.0 else f"returns of {span:g} days"


def _annualised(span: float) -> str:
    return f"{_returns_of(span)} x sqrt({DAYS_A_YEAR / span:g})"


def _too_few_returns(trades: int, returns: Floats, span: float) -> str:
    return too_few(trades, len(returns), what="days" if span == 1.0 else _returns_of(span))


def known_if(condition: bool, name: str, value: float, unit: str, n: int, why: str) -> Metric:
    """A metric that is unknown unless ``condition`` holds."""
    return Metric(name, value if condition else None, unit, n, "" if condition else why)


def daily_metrics(result: Backtest, closed: int) -> list[Metric]:
    """Growth, risk and their ratios; ``closed`` is the number of closed trades."""
    returns, span = daily_returns(result), days_a_return(result)
    growth, deepest = cagr(returns, closed, span), float(drawdown(result).max())
    traded = bool(result.trades)
    return [
        growth,
        volatility(returns, closed, span),
        sharpe(returns, closed, span),
        sortino(returns, closed, span),
        calmar(growth, deepest),
        known_if(traded, "max_drawdown", deepest, "fraction of peak equity", len(result.equity), "no trade"),
        _longest(result, drawdowns(result)),
        *_without_days(result, returns),
    ]


def cagr(returns: Floats, trades: int, span: float = 1.0) -> Metric:
    """Compound annual growth: the product of 1 + daily return, to the power of 365 / days, less 1."""
    n = len(returns)
    days = n * span
    why = too_few(trades, int(days), MIN_DAYS_TO_COMPOUND)
    value = 0.0 if why else float(np.prod(1.0 + returns)) ** (DAYS_A_YEAR / days) - 1.0
    return known_if(not why, "cagr", value, f"fraction a year, compounded {_returns_of(span)}", n, why)


def volatility(returns: Floats, trades: int, span: float = 1.0) -> Metric:
    """Annualised standard deviation of daily returns, with n - 1."""
    why = _too_few_returns(trades, returns, span)
    value = 0.0 if why else float(returns.std(ddof=1)) * (DAYS_A_YEAR / span) ** 0.5
    return known_if(not why, "volatility", value, f"fraction, sd of {_annualised(span)}", len(returns), why)


def sharpe(returns: Floats, trades: int, span: float = 1.0) -> Metric:
    """Annualised Sharpe ratio of daily returns (risk-free rate 0): mean / sd x sqrt(365), sd with n - 1.

    Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21 (1994)."""
    unit, why = f"ratio, {_annualised(span)}", _too_few_returns(trades, returns, span)
    why = why or ("" if returns.std(ddof=1) > 0 else f"{_returns_of(span)} never vary")
    value = None if why else float(returns.mean() / returns.std(ddof=1) * np.sqrt(DAYS_A_YEAR / span))
    return Metric("sharpe", value, unit, len(returns), why)


def sortino(returns: Floats, trades: int, span: float = 1.0) -> Metric:
    """Annualised Sortino ratio of daily returns, target 0: mean / downside deviation x sqrt(365), the deviation
    being the root mean square of the negative returns over all days.

    Sortino and van der Meer, "Downside Risk", Journal of Portfolio Management 17 (1991)."""
    unit, why = f"ratio, {_annualised(span)}", _too_few_returns(trades, returns, span)
    why = why or ("" if (returns < 0).any() else "no day lost")
    if why:
        return Metric("sortino", None, unit, len(returns), why)
    downside = float(np.sqrt(np.mean(np.minimum(returns, 0.0) ** 2)))
    ratio = float(returns.mean()) / downside * (DAYS_A_YEAR / span) ** 0.5
    return Metric("sortino", ratio, unit, len(returns))


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
