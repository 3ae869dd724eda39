"""Repair says what it did, and leaves a market that validates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.contracts import Market
from tools.market import MarketError, guess_roles, load_market, repair_market, validate
from tools.market.clock import MINUTE_NS, NO_TIME

START_NS = 1_740_787_200_000_000_000


def market_of(n: int = 12, **extra: float) -> Market:
    price = 100 + np.arange(float(n))
    columns = {
        "open": price,
        "high": price + 1,
        "low": price - 1,
        "close": price + 0.5,
        "volume": np.full(n, 5.0),
    }
    columns |= {name: value + np.arange(float(n)) for name, value in extra.items()}
    time = START_NS + np.arange(n, dtype=np.int64) * 5 * MINUTE_NS
    return Market("XUSDT", 5, time, columns, guess_roles(list(columns)), "X.csv")


def without(market: Market, rows: list[int]) -> Market:
    keep = np.delete(np.arange(len(market)), rows)
    columns = {name: values[keep] for name, values in market.columns.items()}
    return Market(market.symbol, 5, market.time[keep], columns, market.roles, market.source)


def test_a_clean_market_is_left_alone() -> None:
    market = market_of()
    mended, done = repair_market(market)
    assert done == [] and mended == market


def test_gaps_become_flat_bars_and_levels_are_carried() -> None:
    full = market_of(delta=1.0, cvd=10.0, open_interest=50.0, funding_rate=0.1, mystery=7.0)
    mended, done = repair_market(without(full, [4, 5]))
    assert done == ["filled 2 missing bars by flat bars of volume 0 (first at 2025-03-01 00:20 UTC)"]
    assert mended.time.tolist() == full.time.tolist()
    filled = {name: values[4:6].tolist() for name, values in mended.columns.items()}
    for name in ("open", "high", "low", "close"):
        assert filled[name] == [103.5, 103.5]
    assert filled["volume"] == filled["delta"] == filled["funding_rate"] == [0, 0]
    assert filled["cvd"] == [13, 13] and filled["open_interest"] == [53, 53]
    assert np.isnan(filled["mystery"]).all()


def test_each_repair_is_said() -> None:
    market = market_of()
    market.columns["volume"][3] = -1
    market.columns["volume"][4] = np.inf
    market.columns["high"][6] = 1
    market.columns["close"][7] = np.nan
    order = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 9, 11, 11])
    columns = {name: values[order] for name, values in market.columns.items()}
    time = market.time[order].copy()
    time[0] = NO_TIME
    mended, done = repair_market(Market("XUSDT", 5, time, columns, market.roles, "X.csv"))
    assert done == [
        "dropped 1 row without a time",
        "sorted the rows by time",
        "dropped 1 repeated row (first at 2025-03-01 00:55 UTC), keeping the last of each",
        "dropped 2 rows with impossible prices (first at 2025-03-01 00:30 UTC)",
        "set 1 negative value of volume to 0",
        "marked 1 infinite value of volume as unknown",
        "filled 2 missing bars by flat bars of volume 0 (first at 2025-03-01 00:30 UTC)",
    ]
    assert validate(mended) == ()
    assert len(mended) == 11


def test_the_last_of_equal_times_stays() -> None:
    market = market_of(3)
    columns = {name: values[[0, 1, 1, 2]] for name, values in market.columns.items()}
    columns["volume"] = np.array([1.0, 2.0, 3.0, 4.0])
    mended, _ = repair_market(Market("XUSDT", 5, market.time[[0, 1, 1, 2]], columns, market.roles))
    assert mended.columns["volume"].tolist() == [1, 3, 4]


def test_more_missing_than_there_is_not_invented() -> None:
    with pytest.raises(MarketError, match="9 bars missing, first at 2025-03-01 00:05 UTC, and only 3 there"):
        repair_market(without(market_of(12), list(range(1, 10))))


def test_loading_with_repair_keeps_the_notes(tmp_path: Path) -> None:
    table = pd.DataFrame(market_of().columns)
    table.insert(0, "timestamp", pd.to_datetime(market_of().time, utc=True))
    path = tmp_path / "XUSDT-5m.csv"
    table.drop(index=3).to_csv(path, index=False)
    with pytest.raises(MarketError, match="1 bar missing in 1 gap,"):
        load_market(path)
    market = load_market(path, repair=True)
    assert market.notes == ("filled 1 missing bar by flat bars of volume 0 (first at 2025-03-01 00:15 UTC)",)


def test_a_wrong_timeframe_is_never_repaired(tmp_path: Path) -> None:
    table = pd.DataFrame(market_of().columns)
    table.insert(0, "timestamp", pd.to_datetime(market_of().time, utc=True))
    table.to_csv(tmp_path / "XUSDT.csv", index=False)
    with pytest.raises(MarketError, match="but 1h is configured"):
        load_market(tmp_path / "XUSDT.csv", timeframe="1h", repair=True)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_was_broken_a_repaired_market_validates(data: st.DataObject) -> None:
    market = market_of(24, open_interest=5.0)
    rows = st.integers(0, 23)
    order = data.draw(st.lists(rows, min_size=14, max_size=30).filter(lambda chosen: len(set(chosen)) >= 13))
    time = market.time[order].copy()
    columns = {name: values[order].copy() for name, values in market.columns.items()}
    for _ in range(data.draw(st.integers(0, 3))):
        row = data.draw(st.integers(0, len(order) - 1))
        name = data.draw(st.sampled_from(sorted(columns)))
        columns[name][row] = data.draw(st.sampled_from([np.nan, np.inf, -np.inf, -3.0, 0.0, 1e9]))
    broken = Market("XUSDT", 5, time, columns, market.roles, "X.csv")
    try:
        mended, done = repair_market(broken)
    except MarketError as refusal:
        assert "cut the file" in str(refusal)
        return
    assert validate(mended) == ()
    assert bool(done) == bool(validate(broken))
    again, nothing = repair_market(mended)
    assert nothing == [] and again.time.tolist() == mended.time.tolist()
