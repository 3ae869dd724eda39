"""What callbacks see of the analyzed frame is what pandas would show, and cannot be changed through."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sandbox.child.shims.freqtrade.data.mendel_known import SHOWN, Analyzed, Known


@pytest.fixture
def frame() -> pd.DataFrame:
    bars = 1500
    date = pd.date_range("2024-01-01", periods=bars, freq="5min", tz="UTC")
    close = 100 + np.sin(np.arange(bars) / 7)
    made = pd.DataFrame({"date": date, "close": close, "up": close > 100, "n": np.arange(bars)})
    made["tag"] = np.where(made["up"], "up", None)
    made["late"] = np.where(made["n"] < 1200, np.nan, close)
    return made


@pytest.mark.parametrize("candles", [1, 2, 999, 1000, 1001, 1500])
def test_rows_are_those_of_pandas(frame: pd.DataFrame, candles: int) -> None:
    seen = Analyzed(frame)
    shown, plain = seen.until(candles), frame.iloc[max(0, candles - SHOWN) : candles]
    pd.testing.assert_frame_equal(pd.DataFrame(shown), plain)
    assert seen.dates[candles - 1] == plain["date"].iloc[-1]
    for at in {-1, 0, -len(plain), len(plain) // 2}:
        pd.testing.assert_series_equal(shown.iloc[at], plain.iloc[at])
        pd.testing.assert_series_equal(shown.iloc[at].squeeze(), plain.iloc[at].squeeze())
    pd.testing.assert_frame_equal(pd.DataFrame(shown.iloc[-1:]), plain.iloc[-1:])
    assert shown["close"].iat[-1] == plain["close"].iat[-1]
    with pytest.raises(IndexError):
        shown.iloc[len(plain)]


def test_what_is_made_or_written_is_a_plain_frame(frame: pd.DataFrame) -> None:
    seen = Analyzed(frame)
    for write in (
        lambda f: f.__setitem__("close", 0.0),
        lambda f: f.loc.__setitem__((f.index[-1], "close"), 0.0),
        lambda f: f.iloc.__setitem__((-1, 1), 0.0),
    ):
        shown = seen.until(1500)
        assert isinstance(shown, Known) and type(shown.copy()) is pd.DataFrame
        assert type(shown[shown["up"]]) is pd.DataFrame
        write(shown)
        assert type(shown) is pd.DataFrame and shown.iloc[-1]["close"] == 0.0
        assert seen.until(1500).iloc[-1]["close"] == frame["close"].iloc[-1]
    row = seen.until(1500).iloc[-1]
    row["close"] = -1.0
    assert seen.until(1500).iloc[-1]["close"] == frame["close"].iloc[-1]


def test_columns_of_one_name_are_left_to_pandas(frame: pd.DataFrame) -> None:
    twice = pd.concat([frame, frame[["close"]]], axis=1)
    assert type(Analyzed(twice).until(10)) is pd.DataFrame
