"""Sign flips, circular shifts and the best of many: valid where nothing is true, awake where something is."""

from __future__ import annotations

import numpy as np
import pytest

from tools.statistics.circular_shift import circular_shift_p
from tools.statistics.errors import StatisticsError
from tools.statistics.max_t import max_t
from tools.statistics.sign_flip import block_sums, sign_flip_p


def test_sign_flips_of_few_blocks_are_exact() -> None:
    rng = np.random.default_rng(0)
    assert sign_flip_p(np.ones(25), rng) == 1 / 2**5
    assert sign_flip_p(-np.ones(25), rng) == 1.0
    assert sign_flip_p(np.empty(0), rng) == 1.0
    assert block_sums(np.arange(7.0), 5).tolist() == [10.0, 11.0]


def test_sign_flips_reject_noise_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    ps = [sign_flip_p(rng.standard_t(4, 120), rng, draws=499) for _ in range(300)]
    assert abs(np.mean(np.array(ps) <= 0.05) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 300)


def test_a_shift_finds_what_is_tied_to_the_events_and_nothing_else() -> None:
    rng = np.random.default_rng(2)
    false, found = [], []
    for _ in range(80):
        volatility = np.exp(np.convolve(rng.standard_normal(2100), 0.9 ** np.arange(101), "valid") * 0.2)
        outcome = volatility * rng.standard_normal(2000)
        bars = np.flatnonzero(rng.random(2000) < 0.05)
        signs = np.where(rng.random(len(bars)) < 0.5, 1.0, -1.0)
        false.append(circular_shift_p([(bars, signs)], [outcome], rng, least=50, draws=99))
        outcome[bars] += 0.6 * signs
        found.append(circular_shift_p([(bars, signs)], [outcome], rng, least=50, draws=99))
    assert np.mean(np.array(false) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 80)
    assert np.mean(np.array(found) <= 0.05) > 0.9


def test_no_room_to_shift_is_no_evidence() -> None:
    rng = np.random.default_rng(0)
    event = (np.array([3]), np.array([1.0]))
    assert circular_shift_p([event], [np.ones(10)], rng, least=5) == 1.0
    assert circular_shift_p([(np.array([], dtype=int), np.array([]))], [np.ones(100)], rng, least=5) == 1.0


def test_the_best_of_24_is_judged_as_the_best_of_24() -> None:
    """Naively the best of 24 noises "holds" in three worlds of four."""
    rng = np.random.default_rng(3)
    naive, judged = [], []
    for _ in range(60):
        table = rng.standard_t(5, (60, 24)) + 0.5 * rng.standard_normal((60, 1))
        found = max_t(
            table - table.mean(axis=1, keepdims=True), np.ones((60, 24)), rng, two_sided=True, draws=199
        )
        naive.append(np.abs(found.effects / found.se).max() > 1.96)
        judged.append(found.p.min() <= 0.05)
    assert np.mean(naive) > 0.5
    assert np.mean(judged) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)


def test_the_best_is_found_where_there_is_one() -> None:
    rng = np.random.default_rng(4)
    table = rng.standard_normal((80, 10))
    table[:, 7] += 0.8
    found = max_t(table, np.ones_like(table), rng)
    assert found.best == 7
    assert found.p[7] < 0.01
    assert found.effects[7] - found.critical * found.se[7] > 0
    with pytest.raises(StatisticsError, match="5 days"):
        max_t(table[:4], np.ones((4, 10)), rng)
