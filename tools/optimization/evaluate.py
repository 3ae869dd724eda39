"""Runs a candidate's settings on growing parts of the development segment, in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sandbox.host.contracts import Setting, Status
from tools.analysis.study import Study
from tools.backtest.simulate import simulate
from tools.contracts import Backtest, Market
from tools.optimization.objective import Score, score
from tools.optimization.segments import Segments
from tools.system.runner import Decided, StrategyFailed

#: Parts of the development segment that a candidate is run on, the oldest first, until it is stopped.
RUNGS = (0.25, 0.5, 1.0)


class CandidateFailed(Exception):  # noqa: N818 - the candidate failed, not we
    """These settings make no decisions; the message says why. Never a score."""


@dataclass
class Evaluator:
    """Evaluates settings of one bundle. Nothing after the development segment reaches it."""

    study: Study
    segments: Segments
    runs: int = field(default=0, init=False)

    @cached_property
    def parts(self) -> dict[float, dict[str, Market]]:
        """The markets of each rung."""
        return {share: self.segments.development(self.study.markets, share) for share in RUNGS}

    def backtests(self, settings: Mapping[str, Setting], share: float = 1.0) -> dict[str, Backtest]:
        """The accounts of some settings on a part of the development segment. Raises CandidateFailed, and
        StrategyFailed where the sandbox is to blame."""
        markets = self.parts[share]
        answers = self.study.runner.decide_many(self.study.bundle, markets, overrides=settings)
        self.runs += len(markets)
        accounts = {}
        for symbol, answer in answers.items():
            if answer.decisions is None:
                raise _blame(answer)
            accounts[symbol] = simulate(markets[symbol], answer.decisions, self.study.costs)
        return accounts

    def score(self, settings: Mapping[str, Setting], share: float = 1.0) -> Score:
        """See ``objective.score``."""
        return score(self.backtests(settings, share))


def _blame(answer: Decided) -> Exception:
    reason = " ".join(answer.outcome.reason.split())
    if answer.outcome.status in (Status.REFUSED, Status.INFRASTRUCTURE):
        return StrategyFailed(answer.symbol, answer.outcome.status, reason)
    return CandidateFailed(f"{answer.symbol}: {answer.outcome.status}: {reason}")
