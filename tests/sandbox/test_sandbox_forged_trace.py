"""Counters and samples that a candidate forged: the reader of the trace takes any float that there is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sandbox.host.contracts import TRACE_HEADER, TRACE_WIDTH
from tools.analysis.silence.rates import decode, exponent, is_zero

WORDS = st.sampled_from(
    [np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324, 0.0, -0.0, 1.0, 3.0, 256.0, 1e19, 7.5]
)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, (2, TRACE_HEADER + 6), elements=WORDS))
def test_any_float_can_be_read(words: np.ndarray) -> None:
    stats = np.zeros((2, TRACE_WIDTH))
    stats[:, : words.shape[1]] = words
    stats[:, TRACE_HEADER + 256 : TRACE_HEADER + 262] = words[:, -6:]
    rates = decode(stats)
    for rate in rates.values():
        assert 0 <= rate.true <= rate.evaluated and len(rate.left) <= 256
        assert rate.share is None or 0.0 <= rate.share <= 1.0
        assert is_zero(rate, "left") in (True, False)


@pytest.mark.parametrize(("old", "new"), [(5e-324, 1e308), (1e308, 5e-324)])
def test_a_power_beyond_all_bounds(old: float, new: float) -> None:
    stats = np.zeros((2, TRACE_WIDTH))
    stats[:, 1], stats[0, 5], stats[1, 5] = 2.0, 1.0, 2.0  # other bars, so that the rough way is taken
    stats[0, TRACE_HEADER], stats[1, TRACE_HEADER : TRACE_HEADER + 2] = old, new
    before, after = decode(stats).values()
    power = exponent(before, after, "left", 8.0)
    assert power is None or np.isfinite(power)
