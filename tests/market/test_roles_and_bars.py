"""Roles by name, slower bars, timeframes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.contracts import Market
from tools.market import MarketError, guess_roles, resample, timeframe_minutes, timeframe_text, validate
from tools.market.clock import MINUTE_NS

START_NS = 1_740_787_200_000_000_000  # 2025-03-01 00:00 UTC


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("open", "price"),
        ("spot_close", "price"),
        ("mark_price", "price"),
        ("close_spot", "price"),
        ("vwap", "price"),
        ("best_bid", "price"),
        ("volume", "volume"),
        ("Volume", "volume"),
        ("quote_volume", "quote_volume"),
        ("quote_asset_volume", "quote_volume"),
        ("turnover", "quote_volume"),
        ("amount", "quote_volume"),
        ("delta", "flow"),
        ("taker_delta", "flow"),
        ("spot_delta", "flow"),
        ("perp_delta", "flow"),
        ("taker_buy_volume", "flow"),
        ("taker_buy_quote_volume", "flow"),
        ("buy_volume", "flow"),
        ("cvd", "cumulative"),
        ("spot_cvd", "cumulative"),
        ("cum_delta", "cumulative"),
        ("cvd_delta", "flow"),
        ("open_interest", "open_interest"),
        ("oi", "open_interest"),
        ("funding", "funding"),
        ("funding_rate", "funding"),
        ("trades", None),
        ("rsi", None),
        ("long_short_ratio", None),
    ],
)
def test_roles_by_name(name: str, role: str | None) -> None:
    assert guess_roles([name]) == ({role: (name,)} if role else {})


def one_minute(n: int, start_minute: int = 0) -> Market:
    rng = np.random.default_rng(5)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 1e-3, n)))
    opened = np.concatenate(([100.0], close[:-1]))
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) * 1.001,
        "low": np.minimum(opened, close) * 0.999,
        "close": close,
        "volume": rng.random(n),
        "open_interest": np.arange(float(n)),
        "funding_rate": np.where(np.arange(n) % 480 == 0, 1e-4, 0.0),
    }
    time = START_NS + (start_minute + np.arange(n, dtype=np.int64)) * MINUTE_NS
    return Market("XUSDT", 1, time, columns, guess_roles(list(columns)))


def test_resampled_bars() -> None:
    fast = one_minute(1440, start_minute=3)
    slow = resample(fast, 15)
    assert (slow.timeframe_minutes, len(slow)) == (15, 95)
    assert slow.time[0] == START_NS + 15 * MINUTE_NS
    assert validate(slow, timeframe_minutes=15) == ()
    inside = slice(12, 27)
    assert slow.columns["open"][0] == fast.columns["open"][12]
    assert slow.columns["close"][0] == fast.columns["close"][26]
    assert slow.columns["high"][0] == fast.columns["high"][inside].max()
    assert slow.columns["low"][0] == fast.columns["low"][inside].min()
    assert slow.columns["volume"][0] == pytest.approx(fast.columns["volume"][inside].sum())
    assert slow.columns["open_interest"][0] == 26
    assert resample(fast, 1) is fast


def test_resampling_in_two_steps_is_the_same() -> None:
    fast = one_minute(2880)
    once, twice = resample(fast, 60), resample(resample(fast, 15), 60)
    for name, values in once.columns.items():
        np.testing.assert_allclose(twice.columns[name], values, rtol=1e-12)


@pytest.mark.parametrize(("minutes", "words"), [(7, None), (0, "multiple"), (1440, "too few bars")])
def test_impossible_resampling(minutes: int, words: str | None) -> None:
    if words is None:
        with pytest.raises(MarketError, match="use a multiple"):
            resample(resample(one_minute(100), 5), minutes)
    else:
        with pytest.raises(MarketError, match=words):
            resample(one_minute(100), minutes)


@given(st.integers(1, 100_000))
def test_timeframe_texts_are_read_back(minutes: int) -> None:
    assert timeframe_minutes(timeframe_text(minutes)) == minutes


@pytest.mark.parametrize("text", ["", "5", "m", "0m", "5s", "1M", "-5m", "5mm", "1.5h"])
def test_unknown_timeframes(text: str) -> None:
    with pytest.raises(MarketError, match="timeframe"):
        timeframe_minutes(text)
