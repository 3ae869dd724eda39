"""A compiled loop, where numba is installed."""

import numpy as np

try:
    from numba import njit
except ImportError:
    njit = lambda function: function


@njit
def trail(close):
    out = np.zeros(len(close))
    best = close[0]
    for k in range(1, len(close)):
        best = max(best, close[k])
        out[k] = 1.0 if close[k] > 0.97 * best else 0.0
    return out


def signals(bars):
    return trail(np.ascontiguousarray(bars["close"], dtype=np.float64).view(np.ndarray))
