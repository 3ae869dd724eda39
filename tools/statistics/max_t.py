"""The best of many, judged as the best of many.

The largest studentised statistic is compared with the largest of resampled days in which nothing is true (Westfall &
Young 1993; single step). All columns are resampled together, so their dependence needs no model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.contracts import Floats
from tools.statistics.bootstrap import mean_block_of, stationary_rows
from tools.statistics.day_ratio import day_se
from tools.statistics.errors import StatisticsError

#: Numbers held at once.
_CELLS = 2_000_000


@dataclass(frozen=True)
class MaxT:
    """``effects``, ``se`` and ``p`` float64 (columns,); ``p`` is adjusted for the number of columns. ``critical`` is
    the statistic that the largest of them exceeds in 5 % of worlds without an effect: effect ± critical * se is a
    simultaneous 95 % interval (two-sided) or bound (one-sided)."""

    effects: Floats
    se: Floats
    p: Floats
    critical: float

    @property
    def best(self) -> int:
        """The column with the smallest p; the first where several have it."""
        return int(np.argmax(np.abs(self.effects) / self.se))


def max_t(
    total: Floats,
    count: Floats,
    rng: np.random.Generator,
    *,
    two_sided: bool = False,
    draws: int = 4_999,
) -> MaxT:
    """``total`` and ``count`` (days, columns), as in :func:`tools.statistics.day_ratio.day_estimate`; every column needs a
    count on 5 days, else StatisticsError."""
    if (np.count_nonzero(count > 0, axis=0) < 5).any():
        raise StatisticsError("a column has fewer than 5 days: leave it out, or give more data")
    sums = count.sum(axis=0)
    effects = total.sum(axis=0) / sums
    residuals = total - effects * count
    se = day_se(residuals.T, sums)
    if not (se > 0).all():
        raise StatisticsError("a column has the same value on every day: leave it out")
    seen = effects / se
    largest = _largest(residuals, count, two_sided, draws, rng)
    reach = np.abs(seen) if two_sided else seen
    p = ((largest[:, None] >= reach).sum(axis=0) + 1) / (len(largest) + 1)
    return MaxT(effects, se, p, float(np.quantile(largest, 0.95)))


def _largest(
    residuals: Floats, count: Floats, two_sided: bool, draws: int, rng: np.random.Generator
) -> Floats:
    """The largest statistic of each draw; the residuals have mean 0, so nothing is true in them."""
    days, columns = residuals.shape
    out: list[Floats] = []
    for size in _pieces(draws, max(1, _CELLS // (days * columns))):
        rows = stationary_rows(days, size, mean_block_of(days), rng)
        out.append(_statistics(residuals[rows], count[rows], two_sided))
    return np.concatenate(out)


def _statistics(residuals: Floats, count: Floats, two_sided: bool) -> Floats:
    """(draws, days, columns) -> the largest statistic of each draw."""
    sums = np.maximum(count.sum(axis=1), 1e-9)
    means = residuals.sum(axis=1) / sums
    left = residuals - means[:, None, :] * count
    se = day_se(np.swapaxes(left, 1, 2), sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistics = np.where(se > 0, means / se, 0.0)
    largest: Floats = (np.abs(statistics) if two_sided else statistics).max(axis=1)
    return largest


def _pieces(draws: int, most: int) -> list[int]:
    """``draws`` in pieces of at most ``most``."""
    return [most] * (draws // most) + ([draws % most] if draws % most else [])
