"""Rolling arithmetic on plain arrays. The first ``length - 1`` values of each answer are NaN."""

from __future__ import annotations

import numpy as np


def rolling_mean(values: np.ndarray, length: int) -> np.ndarray:
    """Mean of the last ``length`` values."""
    out = np.full(len(values), np.nan)
    if len(values) >= length:
        out[length - 1 :] = np.lib.stride_tricks.sliding_window_view(values, length).mean(axis=1)
    return out


def rsi(close: np.ndarray, length: int) -> np.ndarray:
    """Relative strength, 0 to 100, with plain averages."""
    change = np.diff(close, prepend=close[:1])
    gain = rolling_mean(np.maximum(change, 0.0), length)
    loss = rolling_mean(np.maximum(-change, 0.0), length)
    total = gain + loss
    return np.where(total > 0, 100.0 * gain / np.where(total > 0, total, 1.0), 50.0)
