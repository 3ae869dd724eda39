"""Memory files: sealed, shared while the content is the same, never stale."""

from __future__ import annotations

import mmap
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_helpers import make_bars

from sandbox.host import memory


def held(file: memory.MarketFile, k: int) -> np.ndarray:
    """What column ``k`` (0 = times) of the file holds."""
    raw = os.pread(file.descriptor, file.bars * 8, k * file.bars * 8)
    return np.frombuffer(raw, np.int64 if k == 0 else np.float64)


def test_a_filled_file_cannot_be_changed_and_a_sized_one_not_resized() -> None:
    filled, sized = memory.filled("a", b"12345678"), memory.sized("b", 8)
    try:
        for attempt in (
            lambda: os.pwrite(filled, b"x", 0),
            lambda: os.ftruncate(filled, 0),
            lambda: os.ftruncate(sized, 9),
        ):
            with pytest.raises(PermissionError):
                attempt()
        with pytest.raises(PermissionError):
            mmap.mmap(filled, 8)
        assert os.pwrite(sized, b"x", 0) == 1
    finally:
        os.close(filled)
        os.close(sized)


def test_the_same_content_is_one_file_and_a_change_in_place_another() -> None:
    files = memory.MarketFiles()
    time, columns = make_bars(50)
    first = files.acquire(time, columns)
    copy = files.acquire(time.copy(), {name: values.copy() for name, values in columns.items()})
    assert copy is first and files.acquire(time, columns) is first
    columns["close"][7] += 1
    changed = files.acquire(time, columns)
    assert changed is not first
    np.testing.assert_array_equal(held(changed, 2), columns["close"])
    renamed = files.acquire(time, {f"{name}2": values for name, values in columns.items()})
    assert renamed is not changed and renamed.names == ("open2", "close2", "volume2")
    files.close()


def test_the_oldest_goes_but_not_from_under_its_user() -> None:
    files = memory.MarketFiles(most=2)
    markets = [make_bars(20, seed) for seed in range(4)]
    used = files.acquire(*markets[0])
    for time, columns in markets[1:]:
        files.release(files.acquire(time, columns))
    np.testing.assert_array_equal(held(used, 0), markets[0][0])
    descriptor = used.descriptor
    files.release(used)
    with pytest.raises(OSError):
        os.fstat(descriptor)
    assert files.acquire(*markets[0]) is not used
    files.close()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.floats(allow_nan=True)), max_size=25))
def test_whatever_is_changed_what_is_held_is_what_was_given(changes: list[tuple[int, int, float]]) -> None:
    files = memory.MarketFiles(most=3)
    time = np.arange(5, dtype=np.int64)
    markets = [{"a": np.zeros(5), "b": np.ones(5)} for _ in range(3)]
    for market, place, value in changes:
        markets[market]["a"][place] = value
        for columns in markets:
            file = files.acquire(time, columns)
            np.testing.assert_array_equal(held(file, 1), columns["a"])
            np.testing.assert_array_equal(held(file, 2), columns["b"])
            files.release(file)
    files.close()
