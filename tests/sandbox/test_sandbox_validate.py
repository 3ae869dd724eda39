"""Hostile text and hostile numbers."""

from __future__ import annotations

import unicodedata

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sandbox_helpers import FIELDS

from sandbox.host.text import clean, one_line
from sandbox.host.validate import table, why_not

FINE = {
    "size": lambda value: 0 <= value <= 1,
    "stop": lambda value: 0 <= value < 1,
    "trail": lambda value: 0 <= value < 1,
    "target": lambda value: 0 <= value <= 10,
    "max_bars": lambda value: 0 <= value < float("inf"),
}


@given(st.text(), st.integers(1, 50))
def test_no_text_can_act(text: str, limit: int) -> None:
    for shown in (clean(text, limit), one_line(text, limit)):
        assert len(shown) <= limit
        assert all(char in "\n\t" or unicodedata.category(char)[0] != "C" for char in shown)
    assert "\n" not in one_line(text, limit)


@given(st.sampled_from(FIELDS), st.floats(allow_nan=True), st.integers(0, 9))
def test_one_number_out_of_range_is_found_and_named(name: str, value: float, at: int) -> None:
    values = np.zeros(10)
    values[at] = value
    fine = FINE.get(name, lambda signal: signal in (0.0, 1.0))(value)
    why = why_not({name: values})
    assert (why is None) == fine
    assert why is None or (why.startswith(name) and f"at bar {at}" in why)


def test_absent_columns_get_their_default() -> None:
    delivered = np.full((3, 4), np.nan)
    delivered[0] = 1.0
    made = table(delivered, ("enter_long", "size", "stop"), ("enter_long",))
    np.testing.assert_array_equal(made, [[1.0, 1.0, 0.0]] * 4)
