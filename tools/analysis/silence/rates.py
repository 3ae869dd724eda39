"""Read what the tracer counted. The figures come from the child: they suggest, they prove nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.host.contracts import TRACE_HEADER, TRACE_SAMPLES
from tools.contracts import Floats

#: How far from a whole power a rough exponent may be.
ROUGH = 0.3


@dataclass(frozen=True)
class Rate:
    """One condition in one run. ``left``, ``right`` and ``outcome`` are up to 256 samples in order of evaluation."""

    calls: int
    evaluated: int
    true: int
    vector: bool
    right_vector: bool
    boolean: bool
    left: Floats
    right: Floats
    outcome: Floats

    @property
    def share(self) -> float | None:
        """How often it held, None when it was never asked."""
        return self.true / self.evaluated if self.evaluated else None

    def share_of(self, outcome: bool) -> float | None:
        """How often it came out as ``outcome``."""
        held = self.share
        return held if held is None or outcome else 1.0 - held


def _count(word: float) -> int:
    return int(word) if np.isfinite(word) and word > 0 else 0


def _rate(row: Floats) -> Rate:
    samples = min(_count(row[5]), TRACE_SAMPLES)
    runs = [row[TRACE_HEADER + k * TRACE_SAMPLES :][:samples].copy() for k in range(3)]
    flags = [bool(row[k] == 1.0) for k in (4, 8, 9)]
    return Rate(
        calls=_count(row[0]),
        evaluated=_count(row[1]),
        true=min(_count(row[2]), _count(row[1])),
        vector=flags[0],
        right_vector=flags[1],
        boolean=not flags[2],
        left=runs[0],
        right=runs[1],
        outcome=runs[2],
    )


def decode(stats: Floats | None) -> dict[int, Rate]:
    """Slot -> rate; empty when the run left no trace."""
    return {} if stats is None else {slot: _rate(row) for slot, row in enumerate(stats)}


def exponent(before: Rate, after: Rate, side: str, factor: float) -> float | None:
    """By which power of ``factor`` a side of the comparison grew: 0 = a pure number, 1 = an amount. None when it
    cannot be told: no finite non-zero samples, or different powers at different bars (a sum of unlike units)."""
    old, new = getattr(before, side), getattr(after, side)
    if len(old) != len(new) or before.evaluated != after.evaluated:
        return _rough_exponent(old, new, factor)
    known = np.isfinite(old) & np.isfinite(new) & (old != 0) & (new != 0)
    if not known.any():
        return None
    ratio = np.abs(new[known] / old[known])
    powers = np.log(ratio) / np.log(factor)
    middle = float(np.median(powers))
    agree = np.mean(np.abs(powers - middle) < 1e-6)
    return round(middle, 6) if agree > 0.9 else None


def _rough_exponent(old: Floats, new: Floats, factor: float) -> float | None:
    """For a scalar condition that was asked at other bars in the two runs: from the middle of what it saw. Rough is enough
    here, since a candidate is convicted by a replay."""
    sizes = [np.abs(v[np.isfinite(v) & (v != 0)]) for v in (old, new)]
    if not all(s.size for s in sizes):
        return None
    old_size, new_size = (
        float(np.median(np.log(size))) for size in sizes
    )  # no quotient: a child may write 1e308
    power = (new_size - old_size) / float(np.log(factor))
    return float(round(power)) if abs(power - round(power)) < ROUGH else None


def is_zero(rate: Rate, side: str) -> bool:
    """Whether a side is the number 0 wherever it was sampled (0 has no unit)."""
    values = getattr(rate, side)
    return len(values) > 0 and bool(np.all(values[np.isfinite(values)] == 0))
