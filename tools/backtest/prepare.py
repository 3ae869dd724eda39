"""Inputs checked once, runs under any costs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tools.backtest.errors import AccountingError, BacktestError
from tools.backtest.inputs import Funding, decision_values, funding_rates, ladder_of, price_arrays
from tools.contracts import Costs, Decisions, ExitPlan, Floats, Ints, Market

BPS = 1e-4
#: Room for trades in the first attempt; the kernel is run again when it needs more.
_FIRST_ROOM = 4096
_MOST_LEVERAGE = 125.0


@dataclass(frozen=True)
class Account:
    """What one run of the kernel leaves: ``equity`` (bars), trade tables, and counts of bars."""

    equity: Floats
    ints: Ints
    floats: Floats
    ambiguous_bars: int
    conflicting_bars: int


@dataclass(frozen=True)
class SharedAccount(Account):
    """The same of a shared account: ``equity`` by time; entries ``refused``, and ``cut`` to what was left."""

    refused: int
    cut: int


@dataclass(frozen=True)
class Prepared:
    """Checked inputs, ready to be run under several costs."""

    market: Market
    prices: tuple[Floats, Floats, Floats, Floats]
    values: Floats
    funding: Funding
    initial_cash: float
    plan: ExitPlan = field(default_factory=ExitPlan)

    def run(self, costs: Costs) -> Account:
        """One account under ``costs`` (``costs.funding`` was decided when the inputs were prepared).

        Raises AccountingError where the last equity is not the initial cash plus what the trades earned."""
        room = min(len(self.market), max(_FIRST_ROOM, len(self.market) // 16))
        count, account = self._attempt(costs, room)
        if count > room:
            _, account = self._attempt(costs, count)
        check_total(self.market.symbol, self.initial_cash, account.equity, account.floats[:, 5])
        return account

    def _attempt(self, costs: Costs, room: int) -> tuple[int, Account]:
        from tools.backtest import kernel  # numba takes 0.3 s to import

        equity = np.empty(len(self.market))
        ints, floats = np.empty((room, 5), dtype=np.int64), np.empty((room, 6))
        count, ambiguous, conflicting = kernel.account(
            self.prices,
            self.values,
            self.funding.rates,
            terms_of(costs, self.plan),
            ladder_of(self.plan),
            self.initial_cash,
            equity,
            (ints, floats),
        )
        return count, Account(equity, ints[:count], floats[:count], ambiguous, conflicting)


def check_total(name: str, initial_cash: float, equity: Floats, earned: Floats) -> None:
    """Raises AccountingError where the last equity is not the initial cash plus what the trades earned. Cheap enough
    for every run, whatever it is for."""
    expected = initial_cash + float(earned.sum())
    scale = (initial_cash + float(np.abs(earned).sum())) * (10 + len(earned))
    if not abs(float(equity[-1]) - expected) <= 1e-12 * scale:  # NaN fails
        raise AccountingError(
            f"{name}: the account ends at {equity[-1]!r} but its trades say {expected!r}: "
            "this is a fault of the simulation, please report it"
        )


def terms_of(costs: Costs, plan: ExitPlan) -> Floats:
    """What the compiled rules need to know about costs and plan, in the order of the kernel's TERMS. (8) float64."""
    rates = [costs.maker_bps * BPS, costs.taker_bps * BPS, costs.slippage_bps * BPS]
    return np.array(
        [
            *rates,
            costs.leverage,
            costs.maintenance_margin,
            plan.trail_after,
            plan.trail_then,
            2.0 if plan.levels else float(plan.moves),
        ],
        dtype=np.float64,
    )


def prepare(market: Market, decisions: Decisions, costs: Costs, initial_cash: float) -> Prepared:
    """Checks everything once, so that the same decisions can be run under several costs."""
    check_costs(costs, initial_cash)
    ladder_of(decisions.plan)
    values = decision_values(market, decisions)
    return Prepared(
        market,
        price_arrays(market),
        values,
        funding_rates(market, costs),
        float(initial_cash),
        decisions.plan,
    )


def check_costs(costs: Costs, initial_cash: float) -> None:
    """Raises BacktestError for costs, terms or cash that no venue has."""
    if not (np.isfinite(initial_cash) and initial_cash > 0):
        raise BacktestError(f"initial cash of {initial_cash!r}: it must be positive")
    for name in ("maker_bps", "taker_bps", "slippage_bps"):
        if not -100.0 <= getattr(costs, name) < 5_000.0:
            raise BacktestError(
                f"[costs].{name} is {getattr(costs, name)!r}: use basis points a side, such as 5"
            )
    if not 1.0 <= costs.leverage <= _MOST_LEVERAGE:
        raise BacktestError(f"[costs].leverage is {costs.leverage!r}: use 1 to {_MOST_LEVERAGE:g}")
    if not 0.0 <= costs.maintenance_margin < 1.0 / costs.leverage:
        raise BacktestError(
            f"[costs].maintenance_margin is {costs.maintenance_margin!r}: at leverage {costs.leverage:g} the entry's "
            f"margin is {1.0 / costs.leverage:g} of the notional; use less than that, such as 0.005"
        )
