"""Has an edge changed: the alarm and its printed rate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tools.statistics.drift import cusum, detect_drift


def test_the_printed_rate_of_false_alarms_is_true() -> None:
    """Skewed trades as a stop-loss strategy makes them, nothing changes: alarms at about the nominal rate of 10 %."""
    rng = np.random.default_rng(5)
    draws = np.where(
        rng.random((120, 120)) < 0.6, rng.normal(30, 10, (120, 120)), rng.normal(-45, 15, (120, 120))
    )
    alarms = [bool(detect_drift(row[:70], row[70:], level=0.1).drifted) for row in draws]
    assert 0.01 <= np.mean(alarms) <= 0.21


def test_cusum_by_hand() -> None:
    path = cusum(np.array([0.0, -1.0, -1.0, 3.0]))
    assert path.tolist() == pytest.approx([0.0, 0.75, 1.5, 0.0])
    assert detect_drift([1.0] * 40, [1.0] * 20).why == "the trades to compare with all earned the same"


def test_a_lost_edge_is_noticed_and_dated() -> None:
    rng = np.random.default_rng(3)
    old, new = rng.normal(5.0, 20.0, 80).tolist(), rng.normal(-25.0, 20.0, 40).tolist()
    found = detect_drift(old, new)
    assert (
        found.drifted and found.alarm is not None and found.start is not None and found.start <= found.alarm
    )
    assert found.mean_since is not None and found.mean_since < 0 < (found.mean_before or 0)
    assert found == detect_drift(old, new)


def test_too_few_trades_are_told_and_not_judged() -> None:
    assert detect_drift([1.0, 2.0] * 10, [1.0] * 20).drifted is None
    assert "10 since" in detect_drift([1.0, 2.0] * 20, [1.0] * 9).why


@given(arrays(np.float64, 25, elements=st.floats(-5, 5)))
def test_cusum_is_never_negative_and_only_losses_raise_it(z: np.ndarray) -> None:
    path = cusum(z)
    assert (path >= 0).all()
    before = np.r_[0.0, path[:-1]]
    assert (path[z >= 0] <= before[z >= 0]).all()
