"""Would the same events have done as well at another time? By turning the outcomes against the events.

A shift keeps how events cluster and how outcomes hang together in time and across symbols, and breaks only what ties
the one to the other (a randomisation test over the cyclic group: Romano 1990).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.contracts import Floats, Ints


def circular_shift_p(
    events: Sequence[tuple[Ints, Floats]],
    outcomes: Sequence[Floats],
    rng: np.random.Generator,
    *,
    least: int,
    draws: int = 999,
) -> float:
    """One-sided p that events meet larger outcomes than shifted events do.

    ``events`` holds for each symbol the bars and the signs (+1, -1) of its events; ``outcomes`` for each symbol
    float64 (bars,), NaN = not known (left out). One draw shifts every symbol by the same number of bars, at
    least ``least``. 1.0 where there is no room to shift or nothing to compare."""
    shortest = min((len(values) for values in outcomes), default=0)
    if shortest < 4 * least or not any(len(bars) for bars, _ in events):
        return 1.0
    seen = _mean(events, outcomes, 0)
    shifts = rng.integers(least, shortest - least, draws)
    reached = sum(_mean(events, outcomes, int(shift)) >= seen for shift in shifts)
    return float((reached + 1) / (draws + 1))


def _mean(events: Sequence[tuple[Ints, Floats]], outcomes: Sequence[Floats], shift: int) -> float:
    total, n = 0.0, 0
    for (bars, signs), values in zip(events, outcomes, strict=True):
        found = signs * values[(bars + shift) % len(values)]
        known = np.isfinite(found)
        total, n = total + float(found[known].sum()), n + int(known.sum())
    return total / n if n else -np.inf
