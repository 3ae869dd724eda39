"""Moving averages by TA-Lib's ``matype`` numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from .windows import ema, sma, tail, trima, wma


def dema(values: Any, window: int) -> Any:
    """Two times the exponential mean less the mean's own mean."""
    first = ema(values, window)
    return 2 * first - tail(first, ema, window)


def tema(values: Any, window: int) -> Any:
    """Triple exponential mean."""
    first = ema(values, window)
    second = tail(first, ema, window)
    return 3 * first - 3 * second + tail(second, ema, window)


def t3(values: Any, window: int, vfactor: float = 0.7) -> Any:
    """Tillson's T3: a polynomial of six exponential means."""
    means = [ema(values, window)]
    for _ in range(5):
        means.append(tail(means[-1], ema, window))
    v = vfactor
    return (
        -(v**3) * means[5]
        + 3 * (v**2 + v**3) * means[4]
        + (-6 * v**2 - 3 * (v + v**3)) * means[3]
        + (1 + 3 * v + v**3 + 3 * v**2) * means[2]
    )


def kama(values: Any, window: int) -> Any:
    """Kaufman's adaptive mean: fast 2, slow 30."""
    out = np.full(len(values), np.nan)
    if len(values) <= window:
        return out
    steps = np.abs(np.diff(values))
    noise = np.concatenate(([0.0], np.cumsum(steps)))
    fast, slow = 2.0 / 3.0, 2.0 / 31.0
    mean = values[window - 1]
    for k in range(window, len(values)):
        move, path = abs(values[k] - values[k - window]), noise[k] - noise[k - window]
        ratio = 1.0 if path <= move or path == 0.0 else move / path
        mean += (ratio * (fast - slow) + slow) ** 2 * (values[k] - mean)
        out[k] = mean
    return out


KINDS = {0: sma, 1: ema, 2: wma, 3: dema, 4: tema, 5: trima, 6: kama, 8: t3}


def average(values: Any, window: int, matype: int = 0) -> Any:
    """The mean of that number; a window of 1 is the value itself. Raises ValueError for 7 (MAMA), which is not here."""
    if window <= 1:
        return np.array(values, float)
    if int(matype) not in KINDS:
        raise ValueError(
            f"matype {matype} is not in the stand-in for TA-Lib: install TA-Lib for this interpreter"
        )
    return KINDS[int(matype)](values, int(window))
