"""How much data an answer needs, whether a change is better day by day, and Sharpe ratios in one unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.statistics.errors import StatisticsError
from tools.statistics.paired import daily_differences, paired_test
from tools.statistics.power import DAYS_A_MONTH, months_needed, months_needed_for_sharpe
from tools.statistics.sharpe import (
    SharpeFacts,
    deflated_sharpe,
    expected_best,
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_facts,
)


def test_after_the_months_that_it_names_four_of_five_are_found() -> None:
    sd, effect, level = 10.0, 2.0, 0.05
    months = months_needed(100, sd / np.sqrt(100), effect, level)
    assert months is not None
    days = round(months * DAYS_A_MONTH)
    means = np.random.default_rng(0).normal(effect, sd, (4000, days)).mean(axis=1)
    assert np.mean(means > 1.6449 * sd / np.sqrt(days)) == pytest.approx(0.8, abs=0.03)


@given(st.floats(0.0001, 0.2), st.floats(0.1, 10.0))
def test_a_stricter_level_and_a_smaller_effect_need_more(level: float, effect: float) -> None:
    usual = months_needed(60, 1.0, effect, level) or 0.0
    assert (months_needed(60, 1.0, effect, level / 2) or 0.0) > usual
    assert months_needed(60, 1.0, effect / 2, level) == pytest.approx(4 * usual)
    assert months_needed(60, 0.0, effect, level) is None


def test_the_sharpe_form_is_the_one_of_the_design() -> None:
    assert months_needed_for_sharpe(0.5, 1.0, 1.0, 0.05) == pytest.approx(
        12 * ((1.6449 + 0.8416) * 0.5) ** 2, rel=1e-3
    )
    assert months_needed_for_sharpe(0.5, 0.0, 1.0, 0.05) is None


def test_paired_days_take_the_larger_p() -> None:
    rng = np.random.default_rng(1)
    better = paired_test(rng.normal(0.5, 1.0, 120), rng)
    assert better.p == max(better.p_sign_flip, better.p_bootstrap) < 0.01
    assert better.low < better.mean < better.high
    assert paired_test(rng.normal(-0.5, 1.0, 120), rng).p > 0.9
    assert paired_test(np.zeros(50), rng).p == 1.0
    with pytest.raises(StatisticsError, match="10"):
        paired_test(np.ones(9), rng)


def test_left_skewed_noise_is_not_an_improvement() -> None:
    """Many small gains and a few stops: what the sign flip alone takes too lightly."""
    rng = np.random.default_rng(2)
    ps = [paired_test(0.1 - np.where(rng.random(150) < 0.1, 1.0, 0.0) + 0.3 * rng.standard_normal(150), rng, draws=399).p
          for _ in range(100)]  # fmt: skip
    assert np.mean(np.array(ps) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)


def test_differences_are_of_the_days_that_both_have_after_the_embargo() -> None:
    before = (np.array([1, 2, 3, 4, 5]), np.array([1.0, 1, 1, 1, 1]))
    after = (np.array([2, 3, 4, 5, 6]), np.array([2.0, 3, 4, 5, 6]))
    days, values = daily_differences(before, after)
    assert days.tolist() == [2, 3, 4, 5]
    assert values.tolist() == [1, 2, 3, 4]
    days, values = daily_differences(before, after, embargo_before=2)
    assert days.tolist() == [4, 5]


def test_sharpe_is_per_period_with_plain_kurtosis() -> None:
    returns = np.random.default_rng(3).normal(0.001, 0.01, 5000)
    facts = sharpe_facts(returns)
    assert facts.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1))
    assert facts.kurtosis == pytest.approx(3.0, abs=0.3)
    assert facts.skew == pytest.approx(0.0, abs=0.15)
    with pytest.raises(StatisticsError, match="spread"):
        sharpe_facts(np.zeros(10))


def test_published_figures() -> None:
    """Bailey & Lopez de Prado 2012: 24 months, yearly ratio 1.585 (monthly .458), skew -2.448, kurtosis 10.164: the
    probabilistic ratio is .913; and 2014: 1250 days, yearly 2.5, 100 trials of yearly variance .5: deflated .9004."""
    fund = SharpeFacts(0.458, -2.448, 10.164, 24)
    assert probabilistic_sharpe(fund) == pytest.approx(0.913, abs=0.001)
    found = SharpeFacts(2.5 / np.sqrt(250), -3.0, 10.0, 1250)
    assert deflated_sharpe(found, 100, float(np.sqrt(0.5 / 250))) == pytest.approx(0.9004, abs=0.002)


def test_more_trials_deflate_and_a_track_record_ends_the_doubt() -> None:
    facts = SharpeFacts(0.1, 0.0, 3.0, 500)
    assert expected_best(1, 1.0) == 0.0
    assert deflated_sharpe(facts, 10, 0.05) > deflated_sharpe(facts, 1000, 0.05)
    periods = minimum_track_record(facts)
    assert periods is not None
    assert probabilistic_sharpe(SharpeFacts(0.1, 0.0, 3.0, round(periods))) == pytest.approx(0.95, abs=0.002)
    assert minimum_track_record(facts, benchmark=0.2) is None
