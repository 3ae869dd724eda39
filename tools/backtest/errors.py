"""What can go wrong in a simulation."""

from __future__ import annotations

from tools.contracts import MendelError


class BacktestError(MendelError):
    """Decisions, costs or bars that cannot be simulated."""


# Not a MendelError on purpose: nothing that a person could mend, and whoever turns those into a line, a verdict or a
# rejected candidate must let this one through. The process edge reports it as a fault of ours, with its trace.
class AccountingError(Exception):
    """The simulated account does not add up: a fault of ours, never a result."""
