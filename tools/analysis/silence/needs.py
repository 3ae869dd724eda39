"""What a comparison sees on one symbol, and at which number it would let through as much as elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.analysis.silence.rates import Rate
from tools.contracts import Floats

#: The share to aim at where no other symbol says what is usual.
USUAL, NEAR = 0.1, 0.95
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


@dataclass(frozen=True)
class Need:
    """``seen``: least, middle and most of the side that moves; ``limit``: the number on the other side. ``opens_at``:
    about the limit at which ``share`` of what was asked would pass. From at most 256 samples: a hint, not a proof."""

    seen: tuple[float, float, float]
    limit: float
    opens_at: float
    share: float


def need_of(rate: Rate, op: str, opens_when: bool, elsewhere: float | None) -> Need | None:
    """None where the comparison is not one of something that moves with a constant number."""
    left, right = _finite(rate.left), _finite(rate.right)
    if op not in _MIRRORED or not len(left) or not len(right):
        return None
    if np.ptp(right) == 0 and np.ptp(left) > 0:
        moving, limit, above = left, float(right[0]), op in (">", ">=")
    elif np.ptp(left) == 0 and np.ptp(right) > 0:
        moving, limit, above = right, float(left[0]), _MIRRORED[op] in (">", ">=")
    else:
        return None
    found = _limit(moving, above == opens_when, elsewhere if elsewhere else USUAL)
    if found is None:
        return None
    return Need((float(moving.min()), float(np.median(moving)), float(moving.max())), limit, *found)


def _limit(moving: Floats, upwards: bool, wanted: float) -> tuple[float, float] | None:
    """The strictest of the seen numbers that lets about ``wanted`` through, and what it lets through."""
    numbers = np.unique(moving)
    for number in numbers[::-1] if upwards else numbers:
        share = float(np.mean(moving >= number if upwards else moving <= number))
        if share >= NEAR * wanted:
            return float(number), share
    return None


def _finite(values: Floats) -> Floats:
    return np.asarray(values[np.isfinite(values)])
