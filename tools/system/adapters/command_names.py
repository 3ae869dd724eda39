"""Our names and units for the figures that other programs report, and what they call them."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal

Nature = Literal["fraction", "share", "count", "plain"]

#: Every figure of our own reports (``tools.backtest.metrics``): what is not reported is unknown by these names.
OUR_FIGURES = (
    "trades", "open_trades", "liquidations", "ambiguous_bars", "conflicting_bars", "net_return", "gross_return", "cagr",
    "volatility", "sharpe", "sortino", "calmar", "max_drawdown", "max_drawdown_days", "net_return_without_best_day",
    "net_return_without_worst_day", "win_rate", "payoff", "profit_factor", "expectancy", "expectancy_bps", "sqn", "mae_bps",
    "mae_p95_bps", "mfe_bps", "avg_holding_bars", "fees", "funding", "exposure", "turnover", "volume_share_median",
    "volume_share_p95", "volume_share_max", "break_even_cost_bps",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """A figure that is recognised by name. ``share`` is a fraction in [0, 1], ``fraction`` any, ``count`` a whole number."""

    name: str
    nature: Nature
    unit: str
    aliases: tuple[str, ...]


def _table(text: str) -> tuple[Known, ...]:
    rows = ([part.strip() for part in line.split("|")] for line in text.strip().splitlines())
    return tuple(Known(name, nature, unit, tuple(aliases.split())) for name, nature, unit, aliases in rows)  # type: ignore[arg-type]


KNOWN = _table(
    """
trades | count | trades | trades n_trades num_trades number_of_trades trade_count total_trades closed_trades total_closed_trades total_number_of_trades
open_trades | count | trades open at the end | open_trades
net_return | fraction | fraction of initial cash | net_return profit_total total_return return roi pnl_return net_profit_return total_profit_return cumulative_return cum_return cumulative_returns overall_return strategy_return
gross_return | fraction | fraction of initial cash, before costs | gross_return
net_profit | plain | quote currency | net_profit profit_total_abs total_profit profit pnl total_pnl net_pnl pnl_net absolute_profit total_net_profit
cagr | fraction | fraction a year | cagr annual_return annualized_return annualised_return return_ann compound_annual_growth_rate
volatility | fraction | fraction a year | volatility annual_volatility annualized_volatility annualised_volatility volatility_ann
sharpe | plain | ratio, annualised as the command does it | sharpe sharpe_ratio sharpe_ann annualized_sharpe annualised_sharpe sharperatio
sortino | plain | ratio, annualised as the command does it | sortino sortino_ratio sortinoratio
calmar | plain | ratio | calmar calmar_ratio
max_drawdown | share | fraction of peak equity | max_drawdown maximum_drawdown max_dd maxdd mdd drawdown max_drawdown_account max_relative_drawdown maxdrawdown worst_drawdown
max_drawdown_days | plain | days | max_drawdown_days max_drawdown_duration_days
win_rate | share | fraction of trades | win_rate winrate win_ratio hit_rate hit_ratio wins_ratio profitable win_percentage accuracy
payoff | plain | mean won / mean lost | payoff payoff_ratio win_loss_ratio
profit_factor | plain | won / lost | profit_factor profitfactor pf
expectancy | plain | quote currency a trade | expectancy expected_value
expectancy_bps | plain | bps a trade | expectancy_bps mean_trade_bps
sqn | plain | sqrt(n) x mean / sd of trade returns | sqn system_quality_number
fees | plain | quote currency | fees total_fees fee commission commissions total_commission
funding | plain | quote currency, positive = paid | funding funding_paid funding_fees total_funding
exposure | share | fraction of the time | exposure exposure_time time_in_market market_exposure
turnover | plain | traded notional / initial cash | turnover
avg_holding_bars | plain | bars | avg_holding_bars average_holding_bars mean_holding_bars
break_even_cost_bps | plain | bps a side | break_even_cost_bps
"""
)
BY_NAME = {known.name: known for known in KNOWN}
_BY_ALIAS = {alias: known for known in KNOWN for alias in known.aliases}
_PERCENT = re.compile(r"%|(?<![a-z])(?:pct|perc|percent|percentage)(?![a-z])")
_BPS = re.compile(r"(?<![a-z])bps(?![a-z])")


def plain_name(text: str) -> tuple[str, str]:
    """``"Max. Drawdown [%]"`` -> ``("max_drawdown", "%")``: letters, digits and underscores, and the unit that it names
    ("%", "bps" or "")."""
    low = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text.strip()[:120]).lower()
    unit = (
        "%" if _PERCENT.search(low.replace("_", " ")) else "bps" if _BPS.search(low.replace("_", " ")) else ""
    )
    low = re.sub(r"[\[(](?:\$|%|bps|usd[tc]?|eur|btc|quote currency|quote)[\])]", " ", low)
    words = [w for w in re.split(r"[^a-z0-9]+", low) if w and w not in ("pct", "perc", "percent")]
    return "_".join(words), unit


def recognised(text: str) -> tuple[Known | None, str]:
    """The figure that a reported name stands for, None where it is none of ours; and the unit that the name says."""
    name, unit = plain_name(text)
    if unit == "bps" and name in BY_NAME:
        return BY_NAME[name], ""
    if name == "profit" and unit == "%":  # money is not told in percent: this one is the return
        return BY_NAME["net_return"], unit
    if name in ("total_profit", "net_profit", "pnl", "total_pnl") and unit == "%":
        return BY_NAME["net_return"], unit
    return _BY_ALIAS.get(name), unit


def nearest(name: str) -> str:
    """A remark that a name was likely meant to be one of ours, or nothing."""
    near = difflib.get_close_matches(name, [*BY_NAME, *OUR_FIGURES], n=1, cutoff=0.75)
    return f"; did you mean {near[0]}?" if near else ""
