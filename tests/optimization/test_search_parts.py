"""The parts of a search: the cut, the ranges, the guess, the plateau, the written numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.contracts import Market
from tools.optimization.objective import Bounds, Score, bounds_of
from tools.optimization.plateau import best_plateau
from tools.optimization.segments import DAY_NS, SegmentError, split
from tools.optimization.space import Param
from tools.optimization.surrogate import Surrogate, SurrogateError
from tools.optimization.tuning import TuningError, tuned_source

START = 1_735_689_600_000_000_000


def hours(days: int) -> Market:
    time = START + np.arange(days * 24, dtype=np.int64) * 3_600_000_000_000
    ones = np.ones(len(time))
    return Market("A", 60, time, dict.fromkeys(("open", "high", "low", "close"), ones), {})


def test_the_cut_is_at_midnight_and_leaves_a_quarter() -> None:
    market = hours(100)
    segments = split({"A": market}, START + 100 * DAY_NS)
    assert segments.confirm_ns == START + 75 * DAY_NS
    assert len(segments.development({"A": market})["A"]) == 75 * 24
    half = segments.development({"A": market}, 0.5)["A"]
    assert len(half) == int(37.5 * 24)


def test_too_little_data_is_not_divided() -> None:
    with pytest.raises(SegmentError, match="at least 4 days"):
        split({"A": hours(1)}, START + DAY_NS)


@given(st.floats(0.01, 1e6), st.floats(1.5, 100), st.floats(0, 1))
def test_a_cleaned_value_keeps_its_place(low: float, factor: float, at: float) -> None:
    param = Param("x", "float", low, low, low * factor)
    value = param.clean(low + at * (low * factor - low))
    assert -0.02 <= param.unit(value) <= 1.02
    assert param.clean(value) == value


def test_the_surrogate_learns_a_slope_and_says_how_far_off_it_is() -> None:
    rng = np.random.default_rng(0)
    points = rng.random((40, 2))
    values = 3 * points[:, 0] - points[:, 1] + rng.normal(0, 0.05, 40)
    model = Surrogate.fit(points, values)
    assert model is not None
    fresh = rng.random((20, 2))
    guesses = [(model.predict(p)[0], model.middle, 3 * p[0] - p[1]) for p in fresh]
    error = SurrogateError.of(guesses)
    assert error.n == 20
    assert error.skill is not None and error.skill > 0.8
    assert model.predict(points[0])[1] < model.predict(np.array([9.0, 9.0]))[1]


def test_the_surrogate_does_not_guess_from_little_or_from_nothing() -> None:
    assert Surrogate.fit(np.random.default_rng(0).random((5, 2)), np.arange(5.0)) is None
    assert Surrogate.fit(np.random.default_rng(0).random((20, 2)), np.ones(20)) is None
    assert SurrogateError.of([]).mae is None


def test_a_plateau_is_preferred_to_a_peak() -> None:
    points = np.array([[0.1 + 0.01 * i] for i in range(6)] + [[0.9 + 0.01 * i] for i in range(6)])
    values = np.array([0.2] * 6 + [1.0, -0.5, -0.5, -0.5, -0.5, -0.5])
    found = best_plateau([{"x": float(p[0])} for p in points], points, values, [True] * 12)
    assert found is not None
    assert found.value == pytest.approx(0.2)
    assert float(found.params["x"] or 0) < 0.2


def test_no_plateau_without_neighbours_or_candidates() -> None:
    points = np.arange(6.0)[:, None]
    assert best_plateau([{}] * 3, points[:3], np.ones(3), [True] * 3) is None
    assert best_plateau([{}] * 6, points, np.ones(6), [False] * 6) is None


def test_a_candidate_has_to_trade_about_as_much() -> None:
    bounds = bounds_of(Score(0.1, 100, 50))
    assert bounds == Bounds(50, 200)
    assert bounds.hold(100) and not bounds.hold(49) and not bounds.hold(201)
    assert max(bounds.constraints(49).values()) > 0 >= max(bounds.constraints(100).values())
    assert max(bounds.constraints(26, share=0.5).values()) <= 0


SOURCE = '''from dataclasses import dataclass


@dataclass
class Cfg:
    """Numbers."""

    cut: int = 4  # points
    stop: float = -1.5
    name: str = "a"


class Other:
    cut: int = 4
'''


def test_numbers_are_written_where_they_are_and_nowhere_else() -> None:
    after = tuned_source(SOURCE, "Cfg", {"cut": 5, "stop": -2.25})
    assert after == SOURCE.replace("cut: int = 4  # points", "cut: int = 5  # points").replace(
        "-1.5", "-2.25"
    )
    assert tuned_source(SOURCE, "Cfg", {}) == SOURCE
    made = "class A:\n    def __init__(self, x=1): ...\n    def other(self, x=1): ...\n"
    assert tuned_source(made, "A", {"x": 2}) == made.replace("x=1", "x=2", 1)
    assert tuned_source("def f(x=1, *, y=2.0): ...\n", "f", {"y": 3.0}) == "def f(x=1, *, y=3.0): ...\n"


def test_a_number_that_is_not_there_is_named() -> None:
    with pytest.raises(TuningError, match="no plain default of gone"):
        tuned_source(SOURCE, "Cfg", {"gone": 1})
