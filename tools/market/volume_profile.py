"""Volume profile of the bars just past: where most was traded, and the range that held the middle of it.

Looks back only: row t uses the bars t - length + 1 .. t. The price axis is the window's own range and volume counts by its
share, so neither the unit of price nor that of volume matters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BINS = 24
#: Share of the volume, the middle part, that makes the value area.
VALUE_SHARE = 0.7
ROWS_AT_ONCE = 2048  # keeps memory flat


def volume_profile(price: Floats, volume: Floats, length: int) -> Floats:
    """Point of control, low and high of the value area, in units of price: float64 (3, bars).

    Unknown volume counts as none. NaN for the first ``length - 1`` bars, and where a window has no volume or no range."""
    found = np.full((3, len(price)), np.nan)
    if len(price) < length:
        return found
    prices = np.lib.stride_tricks.sliding_window_view(price, length)
    volumes = np.lib.stride_tricks.sliding_window_view(np.nan_to_num(volume), length)
    for start in range(0, len(prices), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        rows = slice(start + length - 1, start + length - 1 + len(prices[part]))
        found[:, rows] = profiles_of(prices[part], volumes[part])
    return found


def profiles_of(prices: Floats, volumes: Floats) -> Floats:
    """The same for windows: ``prices`` and ``volumes`` are (windows, length), the result is (3, windows)."""
    rows, lowest = len(prices), prices.min(axis=1)
    span = prices.max(axis=1) - lowest
    with np.errstate(invalid="ignore", divide="ignore"):
        place = (prices - lowest[:, None]) / span[:, None] * BINS
    place = np.clip(np.nan_to_num(place), 0, BINS - 1)
    cell = np.arange(rows)[:, None] * BINS + place.astype(np.int64)
    held = np.bincount(cell.ravel(), volumes.ravel(), minlength=rows * BINS).reshape(rows, BINS)
    total = held.sum(axis=1)
    known = (total > 0) & (span > 0)
    share = held.cumsum(axis=1) / np.where(known, total, 1.0)[:, None]
    edge = (1.0 - VALUE_SHARE) / 2
    control = held.argmax(axis=1) + 0.5
    low, high = (share < edge).sum(axis=1), (share < 1.0 - edge).sum(axis=1) + 1.0
    bins = np.stack([control, low, np.minimum(high, BINS)])
    return np.where(known, lowest + bins * span / BINS, np.nan)


def pull(close: Floats, profile: Floats) -> Floats:
    """How far, and to which side, the point of control is: in widths of the value area, cut at -1 and 1; positive above the
    price. 0 where it is unknown."""
    control, low, high = profile
    width = np.where(high > low, high - low, np.nan)
    return np.asarray(np.nan_to_num(np.clip((control - close) / width, -1.0, 1.0)))
