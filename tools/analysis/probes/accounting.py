"""Invariant: money is neither made nor lost between the trades.

Cash at the start plus the net result of all trades is the equity at the end. For strategies that only decide, the account is
kept by the engine, so a breach is a fault of the engine's, told as such and never as a finding about the system.

False-positive risks: none. Tolerance: 1e-6 of the initial cash, the rounding of some thousand additions.
"""

from __future__ import annotations

from collections.abc import Iterable

from tools.analysis.probes.base import Conviction
from tools.analysis.study import Study
from tools.contracts import Backtest, Finding, MendelError

TOLERANCE = 1e-6


class AccountError(MendelError):
    """The simulated account does not add up."""


class AccountingProbe:
    """The books balance."""

    name = "accounting_identity"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """Never a conviction. Raises AccountError where an account does not add up."""
        for symbol, account in study.backtests.items():
            gap = imbalance(account)
            if gap > TOLERANCE:
                raise AccountError(
                    f"{symbol}: the account is off by {gap:.2g} of its cash: a fault of Mendel's, please report it"
                )
        return []


def imbalance(account: Backtest) -> float:
    """What is missing, as a share of the initial cash; 0 where there are no bars."""
    if not len(account.equity):
        return 0.0
    booked = account.initial_cash + sum(t.pnl for t in account.trades)
    return abs(float(account.equity[-1]) - booked) / account.initial_cash
