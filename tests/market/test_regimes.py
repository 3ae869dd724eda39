"""Labels of the market's state: causal, scale-free, without flicker."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.backtest.simulate import simulate
from tools.contracts import DECISION_COLUMNS, Costs, Decisions, Market
from tools.market.problems import MarketError
from tools.market.regimes import DIMENSIONS, MarketRegimeDetector, Regime, latch, level_labels
from tools.market.regimes_trades import KnownLabels, by_regime, entry_labels, traded_regimes

HOUR = 60
DETECTOR = MarketRegimeDetector()


def hourly(days: int, seed: int, *, volume: bool = True) -> Market:
    """Hourly bars whose volatility and volume change slowly."""
    rng = np.random.default_rng(seed)
    n = days * 24
    level = np.exp(np.cumsum(rng.normal(0, 0.05, n)))
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.004, n) * level / level.mean()))
    columns = {"open": close, "high": close * 1.001, "low": close * 0.999, "close": close}
    roles: dict[str, tuple[str, ...]] = {"price": tuple(columns)}
    if volume:
        columns["volume"] = rng.lognormal(3, 0.5, n) * level
        roles["volume"] = ("volume",)
    time = 1_735_689_600_000_000_000 + np.arange(n, dtype=np.int64) * 3_600_000_000_000
    return Market("ABCUSDT", HOUR, time, columns, roles)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.05, 0.99))
def test_labels_of_a_prefix_are_the_prefix_of_the_labels(seed: int, share: float) -> None:
    market = hourly(40, seed)
    cut = max(1, int(share * len(market)))
    assert DETECTOR.label(market.cut(0, cut)).tolist() == DETECTOR.label(market)[:cut].tolist()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.125, 8.0, 1024.0]), st.sampled_from([0.125, 8.0]))
def test_no_label_depends_on_the_units(seed: int, volume: float, price: float) -> None:
    market = hourly(30, seed)
    scaled = {n: v * (volume if n == "volume" else price) for n, v in market.columns.items()}
    assert DETECTOR.label(market.with_columns(scaled)).tolist() == DETECTOR.label(market).tolist()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_history_covers_every_bar_once(seed: int) -> None:
    market = hourly(20, seed)
    labels, rebuilt = DETECTOR.label(market), []
    for segment in DETECTOR.history(market):
        rebuilt += [segment.label] * (segment.stop - segment.start)
    assert rebuilt == labels.tolist()
    shares = DETECTOR.shares(market)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert DETECTOR.detect(market).label == labels[-1]


def test_levels_follow_the_market() -> None:
    """Thirty quiet days, then a storm, then quiet again."""
    values = np.concatenate([np.linspace(1.0, 1.1, 30 * 24), np.full(72, 9.0), np.full(72, 0.5)])
    labels = level_labels(values, 24)
    assert set(labels[: 5 * 24 - 1]) == {"unknown"}
    assert set(labels[30 * 24 : 30 * 24 + 72]) == {"high"}
    assert labels[-1] == "low"


def test_hysteresis_holds_between_the_borders() -> None:
    on = np.array([0, 1, 0, 0, 0, 1], dtype=bool)
    off = np.array([0, 0, 0, 1, 0, 0], dtype=bool)
    assert latch(on, off).tolist() == [False, True, True, False, False, True]


def test_borders_do_not_flicker() -> None:
    labels = DETECTOR.dimension(hourly(200, 5), "volatility")
    known = labels[labels != "unknown"]
    assert (known[1:] != known[:-1]).mean() < 0.05
    assert set(known) == {"low", "normal", "high"}


def test_sessions_by_utc_hour() -> None:
    names = DETECTOR.dimension(hourly(1, 0), "session").tolist()
    assert names == ["asia"] * 7 + ["europe"] * 6 + ["us"] * 9 + ["asia"] * 2


def test_a_market_without_volume_says_so() -> None:
    assert DETECTOR.detect(hourly(20, 1, volume=False)).volume == "unknown"


def test_an_empty_market_has_no_regime() -> None:
    with pytest.raises(MarketError, match="no bars"):
        DETECTOR.detect(hourly(1, 0).cut(0, 0))


def test_label_and_regime_are_one() -> None:
    assert Regime.parse("high/low/us") == Regime("high", "low", "us")
    assert Regime("high", "low", "us").to_json() == {
        "label": "high/low/us",
        "volatility": "high",
        "volume": "low",
        "session": "us",
    }


@pytest.mark.parametrize("dimension", ["label", *DIMENSIONS])
def test_trades_are_told_by_the_regime_that_was_known(dimension: str) -> None:
    market = hourly(40, 3)
    values = np.full((len(market), len(DECISION_COLUMNS)), np.nan)
    values[:, :4] = 0.0
    values[7::24, 0] = 1.0  # decided at the close of the bar that opens at 07:00, filled at 08:00
    values[9::24, 1] = 1.0
    backtest = simulate(market, Decisions("ABCUSDT", values), Costs())
    table = by_regime(market, backtest, dimension)
    closed = [t for t in backtest.trades if t.reason.value != "open"]
    assert sum(row["trades"] for row in table.values()) == len(closed) > 30
    assert sum(row["pnl"] for row in table.values()) == pytest.approx(sum(t.pnl for t in closed))
    assert sum(row["time_share"] for row in table.values()) == pytest.approx(1.0)
    told = traded_regimes(DETECTOR.label(market), backtest)
    if dimension == "label":
        assert {n: (r["trades"], r["mean_bps"], r["pnl"]) for n, r in table.items() if r["trades"]} == {
            n: (r["trades"], r["expectancy_bps"], r["pnl"]) for n, r in told.items()
        }
    if dimension == "session":
        assert table["europe"]["trades"] == len(closed)
        assert table["us"]["mean_bps"] is None
        assert set(entry_labels(market, backtest, "session")) == {"europe"}


def test_an_unknown_dimension_is_refused() -> None:
    market = hourly(10, 0)
    values = np.zeros((len(market), len(DECISION_COLUMNS)))
    backtest = simulate(market, Decisions("ABCUSDT", values), Costs())
    with pytest.raises(MarketError, match="not known"):
        by_regime(market, backtest, "moon")


def test_a_market_is_labelled_once() -> None:
    market, known = hourly(20, 4), KnownLabels()
    first = known.of(market)
    assert known.of(market) is first
    assert first.tolist() == DETECTOR.label(market).tolist()
    other = market.cut(0, 100)
    assert len(known.of(other)) == 100
