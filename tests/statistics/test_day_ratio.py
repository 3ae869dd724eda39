"""Days as clusters: the estimate is a ratio, its interval holds the truth, and noise is called an effect as often as said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.statistics.bootstrap import mean_block_of, stationary_rows
from tools.statistics.day_ratio import day_estimate
from tools.statistics.errors import StatisticsError


def world(rng: np.random.Generator, days: int, effect: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Days with an uneven number of fat-tailed outcomes that share a shock of their day and its volatility."""
    count = rng.poisson(4, days)
    volatility, shock = np.exp(0.5 * rng.standard_normal(days)), rng.standard_normal(days)
    noise = np.array([rng.standard_t(4, n).sum() for n in count])
    return volatility * (noise + 0.5 * shock * count) + effect * count, count.astype(float)


def rejections(worlds: int, days: int, effect: float = 0.0) -> tuple[float, float]:
    rng = np.random.default_rng(days)
    found = [day_estimate(*world(rng, days, effect), rng, draws=399) for _ in range(worlds)]
    return (
        float(np.mean([f.p < 0.05 for f in found])),
        float(np.mean([f.low <= effect <= f.high for f in found])),
    )


def test_noise_is_seldom_an_effect_and_the_interval_holds_the_truth() -> None:
    """100 worlds: three standard errors of a binomial around 5 % and 95 %."""
    false, covered = rejections(100, 30)
    assert false <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)
    assert covered >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 100)


@pytest.mark.slow
@pytest.mark.parametrize("days", [24, 146])
def test_the_rate_of_false_alarms_is_the_nominal_one(days: int) -> None:
    false, covered = rejections(400, days)
    band = 2.6 * np.sqrt(0.05 * 0.95 / 400)
    assert 0.05 - band <= false <= 0.05 + band
    assert covered >= 0.95 - band


def test_a_real_effect_is_found() -> None:
    assert rejections(25, 60, effect=0.8)[0] > 0.9


@given(st.integers(0, 1000), st.floats(0.1, 100.0))
@settings(max_examples=15, deadline=None)
def test_units_do_not_matter(seed: int, scale: float) -> None:
    total, count = world(np.random.default_rng(seed), 20)
    a = day_estimate(total, count, np.random.default_rng(1), draws=399)
    b = day_estimate(scale * total, count, np.random.default_rng(1), draws=399)
    assert a.effect == pytest.approx(total.sum() / count.sum())
    assert b.effect == pytest.approx(scale * a.effect)
    assert (b.low, b.high) == pytest.approx((scale * a.low, scale * a.high), rel=1e-6)
    assert b.p == pytest.approx(a.p, abs=0.02)


def test_a_p_value_goes_as_low_as_the_ledger_may_ask() -> None:
    rng = np.random.default_rng(0)
    assert day_estimate(rng.standard_normal(100) + 2.0, np.ones(100), rng).p < 5e-5


def test_what_cannot_be_judged_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(StatisticsError, match="5"):
        day_estimate(np.ones(4), np.ones(4), rng)
    with pytest.raises(StatisticsError, match="NaN"):
        day_estimate(np.array([1.0, np.nan, 2, 3, 4, 5]), np.ones(6), rng)
    with pytest.raises(StatisticsError, match="same value"):
        day_estimate(np.ones(30), np.ones(30), rng)


def test_resampled_days_keep_their_order_in_blocks() -> None:
    rows = stationary_rows(50, 400, 5.0, np.random.default_rng(0))
    assert rows.shape == (400, 50)
    assert rows.min() >= 0
    assert rows.max() < 50
    follows = (np.diff(rows, axis=1) % 50 == 1).mean()
    assert 0.78 < follows < 0.85  # 1 - 1/5, and the accidents
    assert np.bincount(rows.ravel(), minlength=50).std() < 0.15 * 400
    assert mean_block_of(8) == 2.0
    assert mean_block_of(1000) == pytest.approx(10.0)
