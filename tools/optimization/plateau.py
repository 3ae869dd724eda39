"""Prefers ground that is high all around to a peak: a peak is mostly luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sandbox.host.contracts import Setting
from tools.contracts import Floats

NEIGHBOURS = 6


@dataclass(frozen=True)
class Plateau:
    """``value`` is the median of the ``neighbours`` nearest candidates seen (itself among them); ``own`` its own value;
    ``radius`` the distance of the furthest of them in the unit cube."""

    params: dict[str, Setting]
    value: float
    own: float
    neighbours: int
    radius: float

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return dict(self.__dict__)


def best_plateau(
    settings: Sequence[dict[str, Setting]], points: Floats, values: Floats, eligible: Sequence[bool]
) -> Plateau | None:
    """The eligible candidate whose neighbourhood median is highest. ``points`` (n, d), ``values`` (n,). None where there is
    no eligible candidate, or too few around it."""
    k = min(NEIGHBOURS, len(values))
    if k < NEIGHBOURS or not any(eligible):
        return None
    found: list[Plateau] = []
    for i in np.flatnonzero(eligible).tolist():
        gaps = np.sqrt(((points - points[i]) ** 2).sum(axis=1))
        near = np.argsort(gaps, kind="stable")[:k]
        found.append(
            Plateau(settings[i], float(np.median(values[near])), float(values[i]), k, float(gaps[near].max()))
        )
    return max(found, key=lambda p: (p.value, p.own))
