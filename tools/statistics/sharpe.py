"""Sharpe ratios and what they are worth. Shown beside a change, never a gate.

Every ratio here is per period (a day's mean over a day's standard deviation, say), never annualised, and kurtosis is
the plain one (3 for a normal): mixing either is the usual mistake. Sources: Bailey & Lopez de Prado (2012), "The
Sharpe ratio efficient frontier" (probabilistic Sharpe ratio, minimum track record); the same (2014), "The deflated
Sharpe ratio".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tools.contracts import Floats
from tools.statistics.errors import StatisticsError
from tools.statistics.tails import normal_below, normal_quantile

_EULER = 0.5772156649015329


@dataclass(frozen=True)
class SharpeFacts:
    """``sharpe`` per period, ``skew`` and non-excess ``kurtosis`` of ``n`` returns."""

    sharpe: float
    skew: float
    kurtosis: float
    n: int


def sharpe_facts(returns: Floats) -> SharpeFacts:
    """The moments of per-period returns, float64 (n,), no NaN. Raises StatisticsError for n < 3 or no spread."""
    n = len(returns)
    sd = float(returns.std(ddof=1)) if n >= 3 else 0.0
    if not sd > 0:
        raise StatisticsError(f"{n} returns without spread have no Sharpe ratio: give at least 3 that differ")
    z = (returns - returns.mean()) / returns.std()
    return SharpeFacts(float(returns.mean()) / sd, float((z**3).mean()), float((z**4).mean()), n)


def probabilistic_sharpe(facts: SharpeFacts, benchmark: float = 0.0) -> float:
    """Probability that the true ratio exceeds ``benchmark`` (per period)."""
    return float(
        normal_below((facts.sharpe - benchmark) * math.sqrt(facts.n - 1) / math.sqrt(_spread(facts)))
    )


def expected_best(trials: int, trial_sd: float) -> float:
    """The per-period ratio that the best of ``trials`` worthless candidates is expected to show, ``trial_sd`` being the
    standard deviation of the candidates' per-period ratios. 0 for a single trial."""
    if trials < 2:
        return 0.0
    normal = (1 - _EULER) * normal_quantile(1 - 1 / trials) + _EULER * normal_quantile(
        1 - 1 / (trials * math.e)
    )
    return float(trial_sd * normal)


def deflated_sharpe(facts: SharpeFacts, trials: int, trial_sd: float) -> float:
    """The probabilistic Sharpe ratio against the best that luck would give among ``trials``."""
    return probabilistic_sharpe(facts, expected_best(trials, trial_sd))


def minimum_track_record(facts: SharpeFacts, benchmark: float = 0.0, level: float = 0.05) -> float | None:
    """Periods after which a ratio such as this one exceeds ``benchmark`` at one-sided ``level``; None where it never does."""
    if facts.sharpe <= benchmark:
        return None
    return float(1 + _spread(facts) * (normal_quantile(1 - level) / (facts.sharpe - benchmark)) ** 2)


def _spread(facts: SharpeFacts) -> float:
    """Variance of the estimated ratio times n - 1. Moments of a real sample keep it above 0."""
    return max(1 - facts.skew * facts.sharpe + (facts.kurtosis - 1) / 4 * facts.sharpe**2, 1e-12)


def annualised(sharpe: float, periods_a_year: float) -> float:
    """A per-period ratio in yearly units, for showing: independent periods assumed."""
    return float(sharpe * np.sqrt(periods_a_year))
