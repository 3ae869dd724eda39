"""The stand-ins of TA-Lib, technical and freqtrade, where their definitions give numbers by hand.

Against the real libraries they are compared by tests/adapters/freqtrade_parity.py: strategies decide alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sandbox.child.shims import talib
from sandbox.child.shims.freqtrade.data.dataprovider import coarser
from sandbox.child.shims.freqtrade.strategy import (
    CategoricalParameter,
    DecimalParameter,
    IntParameter,
    merge_informative_pair,
    stoploss_from_absolute,
    stoploss_from_open,
)
from sandbox.child.shims.talib import abstract as ta
from sandbox.child.shims.technical import qtpylib

RAMP = np.array([1.0, 2, 3, 4, 5, 6, 7, 8])


def candles(bars: int = 60, minutes: int = 5) -> pd.DataFrame:
    close = 100 + np.sin(np.arange(bars) / 5) * 3
    date = pd.date_range("2024-01-01", periods=bars, freq=f"{minutes}min", tz="UTC")
    return pd.DataFrame(
        {"date": date, "open": close, "high": close + 1, "low": close - 1, "close": close, "volume": 10.0}
    )


def test_means_by_hand() -> None:
    np.testing.assert_allclose(talib.SMA(RAMP, 3), [np.nan, np.nan, 2, 3, 4, 5, 6, 7])
    np.testing.assert_allclose(talib.EMA(RAMP, timeperiod=3), [np.nan, np.nan, 2, 3, 4, 5, 6, 7])
    np.testing.assert_allclose(talib.WMA(RAMP, 2)[1:], RAMP[1:] - 1 / 3)
    upper, middle, lower = talib.BBANDS(RAMP, timeperiod=2, nbdevup=1, nbdevdn=1)
    np.testing.assert_allclose([upper[1], middle[1], lower[1]], [2.0, 1.5, 1.0])


def test_oscillators_at_their_ends() -> None:
    assert talib.RSI(RAMP, 3)[3:] == pytest.approx(100.0)
    assert talib.RSI(RAMP[::-1].copy(), 3)[3:] == pytest.approx(0.0)
    assert np.isnan(talib.RSI(RAMP, 3)[:3]).all()
    assert talib.MOM(RAMP, 2)[2:] == pytest.approx(2.0)
    frame = candles()
    assert ta.ATR(frame, timeperiod=5).iloc[5:].between(2.0, 3.0).all()
    assert ta.WILLR(frame).dropna().between(-100, 0).all()


def test_leading_unknowns_are_skipped_and_indices_kept() -> None:
    late = pd.Series([np.nan, np.nan, *RAMP], index=range(10, 20))
    found = talib.SMA(late, timeperiod=3)
    assert list(found.index) == list(late.index) and found.isna().sum() == 4 and found.iloc[4] == 2.0


def test_tables_in_tables_out_and_what_is_lacking_is_named() -> None:
    frame = candles()
    assert list(ta.MACD(frame).columns) == ["macd", "macdsignal", "macdhist"]
    assert ta.SMA(frame, timeperiod=5, price="volume").iloc[-1] == 10.0
    with pytest.raises(AttributeError, match=r"talib\.HT_SINE is not in Mendel's stand-in"):
        ta.HT_SINE(frame)
    with pytest.raises(TypeError, match="has no setting window"):
        ta.RSI(frame, window=3)


def test_crossings() -> None:
    first, second = pd.Series([1.0, 3, 3, 1]), pd.Series([2.0, 2, 3, 2])
    assert qtpylib.crossed_above(first, second).tolist() == [False, True, False, False]
    assert qtpylib.crossed_below(first, second).tolist() == [False, False, False, True]
    assert qtpylib.crossed_above(first, 2).tolist() == [False, True, False, False]


def test_a_coarse_candle_is_shown_when_it_is_closed() -> None:
    fine = candles(40)
    hourly = coarser(fine, 60, 5)
    assert len(hourly) == 3  # the fourth is not closed
    merged = merge_informative_pair(fine, hourly, "5m", "1h")
    assert merged["close_1h"].isna().tolist() == [True] * 11 + [False] * 29
    assert merged["close_1h"].iloc[11] == fine["close"].iloc[11] == hourly["close"].iloc[0]
    with pytest.raises(ValueError, match="look ahead"):
        merge_informative_pair(hourly, fine, "1h", "5m")


@pytest.mark.parametrize(("short", "leverage"), [(False, 1.0), (True, 1.0), (False, 5.0), (True, 3.0)])
def test_stops_seen_from_elsewhere(short: bool, leverage: float) -> None:
    way, opened, now = (-1 if short else 1), 100.0, 110.0 if not short else 90.0
    profit = way * (now / opened - 1) * leverage
    distance = stoploss_from_open(0.02, profit, is_short=short, leverage=leverage)
    level = now * (1 - way * distance / leverage)
    assert way * (level / opened - 1) * leverage == pytest.approx(0.02)
    again = stoploss_from_absolute(level, now, is_short=short, leverage=leverage)
    assert again == pytest.approx(distance)
    assert stoploss_from_open(0.02, -0.01, is_short=short, leverage=leverage) == 0.0


def test_parameters_keep_their_ranges() -> None:
    assert IntParameter(1, 9, default=3).taken(4.0) == 4
    assert DecimalParameter(0, 1, default=0.12345, decimals=2).value == 0.12
    with pytest.raises(ValueError, match="12 is not between 1 and 9"):
        IntParameter([1, 9], default=3).taken(12)
    with pytest.raises(ValueError, match="none of"):
        CategoricalParameter(["a", "b"]).taken("c")
