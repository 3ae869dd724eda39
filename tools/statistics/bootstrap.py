"""Which days a stationary bootstrap draws.

Source: Politis & Romano (1994), "The stationary bootstrap", JASA 89: blocks start at a random day, have geometric
length with the given mean, and wrap around the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tools.contracts import Ints

#: Numbers made at once: keeps memory flat for long samples.
_CELLS = 1_000_000


def mean_block_of(days: int) -> float:
    """The mean block length, in days: the cube root of the sample, at least 2. The order n^(1/3) is the optimal
    one for the variance of a mean (Politis & White 2004)."""
    return max(2.0, math.cbrt(days))


def stationary_rows(days: int, draws: int, mean_block: float, rng: np.random.Generator) -> Ints:
    """Positions of the days drawn: int64 (draws, days), each in [0, days)."""
    position = np.arange(days)
    restart = rng.random((draws, days)) < 1.0 / mean_block
    restart[:, 0] = True
    starts = rng.integers(0, days, (draws, days))
    last = np.maximum.accumulate(np.where(restart, position, 0), axis=1)
    rows: Ints = (np.take_along_axis(starts, last, axis=1) + position - last) % days
    return rows


def stationary_chunks(
    days: int, draws: int, mean_block: float, rng: np.random.Generator, *, step: int = 2_000
) -> Iterator[Ints]:
    """The same in pieces of at most ``step`` rows, ``draws`` in all."""
    step = max(1, min(step, _CELLS // max(days, 1)))
    for done in range(0, draws, step):
        yield stationary_rows(days, min(step, draws - done), mean_block, rng)
