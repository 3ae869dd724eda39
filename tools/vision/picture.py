"""Arithmetic on a screenshot: crops by page coordinates, and which pixels have a colour."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.vision.contracts import Box

Picture = NDArray[np.uint8]


@lru_cache(maxsize=4)
def read_picture(png: bytes) -> Picture:
    """uint8 of shape (height, width, 3). An empty picture (0, 0, 3) for no bytes."""
    from PIL import Image

    if not png:
        return np.zeros((0, 0, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def crop(picture: Picture, box: Box | list[float], inset: int = 0) -> Picture:
    """The part inside ``box``, ``inset`` pixels in from its edges; what lies outside of the picture is left away."""
    x, y, width, height = box
    left, top = max(round(x) + inset, 0), max(round(y) + inset, 0)
    right, bottom = max(round(x + width) - inset, left), max(round(y + height) - inset, top)
    return picture[top:bottom, left:right]


def near(picture: Picture, rgb: tuple[int, int, int], tolerance: int = 12) -> NDArray[np.bool_]:
    """Where no channel is further than ``tolerance`` from ``rgb``."""
    gap = np.abs(picture.astype(np.int16) - np.array(rgb, dtype=np.int16))
    return np.asarray(gap.max(axis=2) <= tolerance)


def ink(picture: Picture, tolerance: int = 6) -> float:
    """The share of pixels that are not of the commonest colour; 0 for an empty picture."""
    if picture.size == 0:
        return 0.0
    sample = picture.reshape(-1, 3)[:: max(1, picture.size // 300_000)].astype(np.uint32)
    packed = (sample[:, 0] << 16) | (sample[:, 1] << 8) | sample[:, 2]
    values, counts = np.unique(packed, return_counts=True)
    top = int(values[counts.argmax()])
    low = np.clip(np.array([top >> 16, (top >> 8) & 255, top & 255]) - tolerance, 0, 255).astype(np.uint8)
    high = np.clip(low.astype(int) + 2 * tolerance, 0, 255).astype(np.uint8)
    return float(((picture < low) | (picture > high)).any(axis=2).mean())


def as_box(values: Any) -> Box | None:
    """Four finite numbers as a box, else None."""
    try:
        x, y, width, height = (float(v) for v in values)
    except (TypeError, ValueError):
        return None
    return (x, y, width, height) if np.isfinite([x, y, width, height]).all() else None
