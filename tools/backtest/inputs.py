"""Checks and prepares what the kernel reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.backtest.errors import BacktestError
from tools.contracts import DECISION_COLUMNS, PRICE_COLUMNS, Costs, Decisions, ExitPlan, Floats, Market

#: A funding column that is non-zero on more than this share of the bars quotes a level, not payments.
_QUOTED_SHARE = 0.5
_FUNDING_HOURS = 8
_HOUR_NS = 3_600_000_000_000


@dataclass(frozen=True)
class Funding:
    """``rates``: float64 (bars), the fraction of the notional that a long pays at that bar's open, else 0.

    ``known`` is False where the market has no funding column; ``note`` says how the column was read."""

    rates: Floats
    known: bool
    note: str = ""


def decision_values(market: Market, decisions: Decisions) -> Floats:
    """The decisions as the kernel reads them: C-contiguous, NaN size = 1 (the default), other NaN = 0 (off).

    Raises BacktestError when symbol or shape do not fit the market, a value is infinite, a distance negative or
    ``size`` outside [0, 1]. (bars, 9) float64."""
    expected = (len(market), len(DECISION_COLUMNS))
    if decisions.symbol != market.symbol:
        raise BacktestError(
            f"decisions for {decisions.symbol} on the market {market.symbol}: give the matching pair"
        )
    if decisions.values.shape != expected:
        raise BacktestError(
            f"{market.symbol}: decisions of shape {decisions.values.shape}, needed {expected}: one row a bar, "
            f"one column for each of {', '.join(DECISION_COLUMNS)}"
        )
    values = np.array(decisions.values, dtype=np.float64, order="C")
    size = DECISION_COLUMNS.index("size")
    values[np.isnan(values[:, size]), size] = 1.0
    values[np.isnan(values)] = 0.0
    _check_range(market, values)
    return values


def price_arrays(market: Market) -> tuple[Floats, Floats, Floats, Floats]:
    """Open, high, low, close. Raises BacktestError when there are fewer than 2 bars or a price is not positive."""
    if len(market) < 2:
        raise BacktestError(f"{market.symbol}: {len(market)} bars, needed at least 2: give a longer market")
    # Writable, since numba compiles anew for read-only arrays.
    arrays = [np.require(market.columns[name], np.float64, ["C", "W"]) for name in PRICE_COLUMNS]
    for name, values in zip(PRICE_COLUMNS, arrays, strict=True):
        if not (values.min() > 0.0 and values.max() < np.inf):  # NaN fails the first comparison
            raise BacktestError(
                f"{market.symbol}: {name} holds a price that is not positive and finite: validate the market"
            )
    return arrays[0], arrays[1], arrays[2], arrays[3]


def funding_rates(market: Market, costs: Costs) -> Funding:
    """What funding is due on each bar.

    The first column with the role ``funding`` says it; a bar carries a payment where it is neither 0 nor NaN.
    A column that is non-zero on most bars quotes the current rate instead: it is then due on the bars that open
    at 00:00, 08:00 and 16:00 UTC (on bars of 8 hours or more, on each)."""
    names = market.columns_of("funding")
    nothing = np.zeros(len(market))
    if not costs.funding:
        return Funding(nothing, True, "funding is switched off in the costs")
    if not names:
        return Funding(nothing, False)
    rates = np.nan_to_num(market.columns[names[0]], nan=0.0)
    hours = market.timeframe_minutes / 60
    if hours >= _FUNDING_HOURS or np.count_nonzero(rates) <= _QUOTED_SHARE * len(rates):
        return Funding(rates, True)
    due = market.time % (_FUNDING_HOURS * _HOUR_NS) == 0
    note = f"{names[0]} is quoted on most bars: charged at 00:00, 08:00 and 16:00 UTC"
    return Funding(np.where(due, rates, 0.0), True, note)


def ladder_of(plan: ExitPlan) -> Floats:
    """The plan's targets as the kernel reads them, by bars after the entry: (rungs, 2) float64.

    Raises BacktestError for a plan that cannot be followed."""
    for bars, distance in plan.targets:
        if bars < 0 or not -1.0 < distance < np.inf:
            raise BacktestError(
                f"exit plan: a target of {distance!r} from {bars!r} bars after the entry: "
                "give bars from 0 on and a distance above -1, such as (12, 0.02)"
            )
    if plan.levels and (plan.targets or plan.moves):
        raise BacktestError("exit plan: levels say on every row what rests; leave targets and moves out")
    for name in ("trail_after", "trail_then"):
        if not 0.0 <= getattr(plan, name) < np.inf:
            raise BacktestError(
                f"exit plan: {name} is {getattr(plan, name)!r}: use a fraction of the price, such as 0.02"
            )
    return np.array(sorted(plan.targets), dtype=np.float64).reshape(-1, 2)


def _check_range(market: Market, values: Floats) -> None:
    low, high = values.min(axis=0), values.max(axis=0)
    for position, name in enumerate(DECISION_COLUMNS):
        limit = 1.0 if name == "size" else np.finfo(np.float64).max
        if low[position] < 0.0 or high[position] > limit:
            bad = low[position] if low[position] < 0.0 else high[position]
            allowed = "between 0 and 1" if name == "size" else "finite and not negative"
            raise BacktestError(
                f"{market.symbol}: decision column {name} holds {bad:g}: it must be {allowed}"
            )
