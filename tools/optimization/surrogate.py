"""A cheap guess at a candidate's value from those already seen: a Gaussian process on the unit cube.

The kernel is squared-exponential with one length, the median distance of the points seen; the noise share is the one of a
few that gives the smallest leave-one-out error, which has a closed form (Rasmussen & Williams 2006, eq. 5.12).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.contracts import Floats

#: With fewer points it does not guess.
FEWEST_POINTS = 8
_NOISE_SHARES = (0.05, 0.2, 0.5, 1.0, 3.0)


@dataclass(frozen=True)
class Surrogate:
    """``points`` (n, d) in the unit cube, ``weights`` (n,) of their kernels; values are ``middle`` + ``spread`` x f."""

    points: Floats
    weights: Floats
    inverse: Floats
    length: float
    middle: float
    spread: float

    @classmethod
    def fit(cls, points: Floats, values: Floats) -> Surrogate | None:
        """None with too few points, or where all values are equal."""
        if len(points) < FEWEST_POINTS or not float(np.std(values)) > 0:
            return None
        middle, spread = float(np.mean(values)), float(np.std(values))
        y = (values - middle) / spread
        gaps = _distances(points, points)
        positive = gaps[gaps > 0]
        length = float(np.median(positive)) if positive.size else 1.0
        kernel = np.exp(-0.5 * (gaps / length) ** 2)
        inverses: list[Floats] = [
            np.asarray(np.linalg.inv(kernel + n * np.eye(len(y))), dtype=float) for n in _NOISE_SHARES
        ]
        best: Floats = min(inverses, key=lambda k: float(np.mean((k @ y / np.diag(k)) ** 2)))
        return cls(points, best @ y, best, length, middle, spread)

    def predict(self, point: Floats) -> tuple[float, float]:
        """(expected value, its standard deviation without the noise) at one point (d,)."""
        k = np.exp(-0.5 * (_distances(point[None], self.points)[0] / self.length) ** 2)
        variance = max(0.0, 1.0 - float(k @ self.inverse @ k))
        return self.middle + self.spread * float(k @ self.weights), self.spread * float(np.sqrt(variance))


def _distances(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=2)))


@dataclass(frozen=True)
class SurrogateError:
    """How far guesses made before the test were off. ``skill`` is 1 - MAE / MAE of always guessing the mean seen so far:
    0 = worthless, 1 = perfect, negative = worse than the mean."""

    mae: float | None
    skill: float | None
    n: int

    @classmethod
    def of(cls, guesses: list[tuple[float, float, float]]) -> SurrogateError:
        """From (guess, mean so far, truth)."""
        if not guesses:
            return cls(None, None, 0)
        table = np.array(guesses)
        mae = float(np.abs(table[:, 0] - table[:, 2]).mean())
        plain = float(np.abs(table[:, 1] - table[:, 2]).mean())
        return cls(mae, 1 - mae / plain if plain > 0 else None, len(table))

    def to_json(self) -> dict[str, float | int | None]:
        """JSON values."""
        return {"mae": self.mae, "skill": self.skill, "n": self.n}
