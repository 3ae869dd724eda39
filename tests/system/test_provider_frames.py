"""What a data provider may return, taken apart; and what it may not, in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from sandbox.child.provide_frames import UNNAMED, Unusable, markets_in

CLOSE = np.array([10.0, 11.0, 12.0, 13.0])


def table(shift: float = 0.0) -> pd.DataFrame:
    close = CLOSE + shift
    index = pd.date_range("2025-01-01", periods=4, freq="5min", tz="UTC")
    return pd.DataFrame(
        {"open": close, "high": close, "low": close, "close": close, "volume": 5.0}, index=index
    )


def stamped(frame: pd.DataFrame, unit: str) -> pd.DataFrame:
    index: Any = frame.index
    return frame.reset_index(drop=True).assign(time=index.as_unit(unit).asi8)


class Dataset(NamedTuple):
    ohlcv: pd.DataFrame
    cvd: pd.Series


BOTH = {"AUSDT": table(), "BUSDT": table(1)}
SHAPES = {
    "tables by symbol": BOTH,
    "a symbol column": pd.concat([t.assign(Symbol=n) for n, t in BOTH.items()]).reset_index(names="Date"),
    "levels of an index": pd.concat(BOTH, names=["symbol", "date"]),
    "levels of columns, symbol first": pd.concat(BOTH, axis=1),
    "levels of columns, prices first": pd.concat(BOTH, axis=1).swaplevel(axis=1).sort_index(axis=1),
    "seconds": {n: stamped(t, "s") for n, t in BOTH.items()},
    "milliseconds in floats": {n: stamped(t, "ms").astype(float) for n, t in BOTH.items()},
    "text": {n: t.set_axis(t.index.astype(str), axis=0) for n, t in BOTH.items()},
    "times without a zone": {n: t.tz_localize(None) for n, t in BOTH.items()},
    "times of another zone": {n: t.tz_convert("Asia/Tokyo") for n, t in BOTH.items()},
    "columns": {n: stamped(t, "ms").to_dict("list") for n, t in BOTH.items()},
    "a dataset a symbol": {n: {"ohlcv": t, "cvd": t["volume"]} for n, t in BOTH.items()},
    "objects": {n: Dataset(t, t["volume"]) for n, t in BOTH.items()},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_two_markets(shape: str) -> None:
    found = markets_in(SHAPES[shape], [])
    assert sorted(found) == ["AUSDT", "BUSDT"]
    scale = {"seconds": 1, "milliseconds in floats": 1000, "columns": 1000}.get(shape, 10**9)
    start = 1_735_689_600 * scale
    for name, bars in found.items():
        assert bars.columns["close"].tolist() == (CLOSE + (name == "BUSDT")).tolist()
        assert bars.time.dtype == np.int64 and bars.time.tolist() == [
            start + 300 * k * scale for k in range(4)
        ]
        assert bars.epoch == (scale < 10**9) and ("cvd" in bars.columns) == (
            shape in ("a dataset a symbol", "objects")
        )


@pytest.mark.parametrize(
    ("symbols", "name"), [(["TONUSDT"], "TONUSDT"), ([], UNNAMED), (["AUSDT", "BUSDT"], UNNAMED)]
)
def test_one_market_has_the_name_that_the_settings_give_it(symbols: list[str], name: str) -> None:
    frame = table()
    for found in (frame, {"ohlcv": frame}, {"bars": frame, "oi": CLOSE}, SimpleNamespace(df=frame)):
        assert list(markets_in(found, symbols)) == [name]
    frame.attrs["symbol"] = "XUSDT"
    assert list(markets_in(frame, symbols)) == ["XUSDT"]
    assert list(markets_in({"DOGEUSDT": frame}, symbols)) == ["DOGEUSDT"]


def test_series_come_to_lie_on_the_bars_by_their_times() -> None:
    frame = table()
    late = pd.Series([7.0, 8.0, 9.0], index=frame.index[[1, 3, 3]])
    found = {
        "ohlcv": frame,
        "cvd": late,
        "oi": CLOSE,
        "flow": pd.DataFrame({"buy": CLOSE, "sell": CLOSE}, index=frame.index),
        "one": pd.DataFrame({"x": CLOSE}),
        "name": "text",
        "none": None,
    }
    bars = markets_in(found, ["TONUSDT"])["TONUSDT"]
    assert [None if np.isnan(x) else x for x in bars.columns["cvd"]] == [None, 7.0, None, 9.0]
    assert list(bars.columns)[5:] == ["cvd", "oi", "flow_buy", "flow_sell", "one"]
    assert bars.notes == ["left out name, a bare str"]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([table()], "returned a bare list; return a DataFrame of bars, or a dict"),
        (None, "returned None; return"),
        (CLOSE, "an object of ndarray"),
        ({}, "an empty dict"),
        ({"AUSDT": [1, 2]}, "a bare list for 'AUSDT'"),
        (table()[["close"]], "no table with the columns open, high, low and close .it has close"),
        ({"AUSDT": table()[["volume"]]}, "it has volume"),
        (table().iloc[:0], "without rows"),
        (table().reset_index(drop=True), "bars without times"),
        (table().reset_index(drop=True).assign(time=[1, 2, 3, 4]), "no epoch numbers"),
        (table().set_axis(list("abcd"), axis=0), "times in the index that are none"),
        (table().assign(close="x"), "column 'close' with what is no number, such as 'x'"),
        ({"ohlcv": table(), "oi": pd.Series([1.0, 2.0])}, "'oi' with 2 rows beside 4 bars"),
        ({"open": [1], "high": [1, 2], "low": [1], "close": [1]}, "do not fit together"),
    ],
)
def test_what_is_no_market_is_said_in_words(found: Any, words: str) -> None:
    with pytest.raises(Unusable, match=words):
        markets_in(found, ["TONUSDT"])
