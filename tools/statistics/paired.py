"""Is the changed system better than the old one? By the daily difference of their returns, pre-registered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.contracts import Floats, Ints
from tools.statistics.day_ratio import DRAWS, day_estimate
from tools.statistics.errors import StatisticsError
from tools.statistics.sign_flip import sign_flip_p

#: Days in a row whose signs are flipped together.
BLOCK_DAYS = 5


@dataclass(frozen=True)
class PairedDays:
    """``p`` is one-sided for an improvement: the larger of the sign-flip's and the bootstrap's, since the sign-flip
    alone is too lenient on left-skewed differences. ``mean``, ``low``, ``high`` (95 %), ``se`` in the unit of the
    differences, a day."""

    mean: float
    se: float
    low: float
    high: float
    p: float
    p_sign_flip: float
    p_bootstrap: float
    days: int


def daily_differences(
    before: tuple[Ints, Floats], after: tuple[Ints, Floats], *, embargo_before: int | None = None
) -> tuple[Ints, Floats]:
    """Days (since the epoch, UTC) that both have, and after minus before on them.

    Each side is days (sorted, unique) and values of that length. ``embargo_before`` drops the days up to and
    including the one after that day: what the change was made on may reach over midnight."""
    days, mine, theirs = np.intersect1d(before[0], after[0], assume_unique=True, return_indices=True)
    differences = after[1][theirs] - before[1][mine]
    if embargo_before is not None:
        kept = days > embargo_before + 1
        days, differences = days[kept], differences[kept]
    return days, differences


def paired_test(differences: Floats, rng: np.random.Generator, *, draws: int = DRAWS) -> PairedDays:
    """The test of the confirm gate on daily differences, float64 (days,), in order of time, no NaN.

    ``draws``: the least of the bootstrap. Raises StatisticsError for fewer than 10 days. Differences that are all 0 are no improvement: p = 1."""
    if len(differences) < 2 * BLOCK_DAYS:
        raise StatisticsError(f"{len(differences)} days of differences: give at least {2 * BLOCK_DAYS}")
    if not differences.any():
        return PairedDays(0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, len(differences))
    found = day_estimate(
        differences, np.ones(len(differences)), rng, mean_block=float(BLOCK_DAYS), draws=draws
    )
    flipped = sign_flip_p(differences, rng, block=BLOCK_DAYS)
    return PairedDays(
        found.effect, found.se, found.low, found.high,
        max(flipped, found.p_bootstrap), flipped, found.p_bootstrap, len(differences),
    )  # fmt: skip
