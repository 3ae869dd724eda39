"""What can go wrong in a simulation."""

from __future__ import annotations

from tools.contracts import MendelError


class BacktestError(MendelError):
    """Decisions, costs or bars that cannot be simulated."""


class AccountingError(MendelError):
    """The simulated account does not add up: a fault of ours, never a result."""
