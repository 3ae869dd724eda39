"""The stand-in of backtesting.py where its documentation gives numbers by hand; against the real library it is compared by
tests/adapters/backtesting_parity.py."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.child.shims.backtesting import lib
from sandbox.child.shims.backtesting.mendel_data import Data, Indicator, named
from sandbox.child.shims.backtesting.mendel_notes import WORDS, Notes
from sandbox.child.shims.backtesting.mendel_orders import Entry, Order, Trade
from sandbox.child.shims.backtesting.mendel_plan import Plan, Planner, Terms
from sandbox.child.shims.backtesting.mendel_script import Backtest, said_for
from sandbox.child.shims.backtesting.mendel_strategy import Strategy
from sandbox.child.shims.backtesting.test import GOOG, SMA


def data(bars: int = 10) -> Data:
    close = np.arange(1.0, bars + 1)
    columns = {"Open": close, "High": close + 1, "Low": close - 1, "Close": close, "oi": close * 10}
    return Data(columns, pd.date_range("2024-01-01", periods=bars, freq="D"))


def test_crossings_and_counts() -> None:
    up, down = pd.Series([1.0, 3.0]), np.array([2.0, 2.0])
    assert lib.crossover(up, down) and not lib.crossover(down, up)
    assert lib.cross(down, up) and lib.crossover(up, 2) and not lib.crossover(up, 3)
    assert not lib.crossover(np.array([5.0]), 1)
    assert lib.barssince([True, False, False]) == 2 and lib.barssince([False]) == np.inf
    assert lib.barssince([], default=7) == 7
    assert lib.quantile([1, 2, 3, 4, 2.5]) == 0.5 and lib.quantile([1, 2, 3], 0.5) == 2


def test_data_is_revealed_bar_by_bar_and_names_what_it_lacks() -> None:
    shown = data()
    assert len(shown) == len(shown.Close) == 10
    shown.show(4)
    assert len(shown) == len(shown.df) == len(shown.index) == len(shown["OI"]) == 4
    assert shown.Close[-1] == 4 and float(shown.Close) == 4.0 and bool(shown.Close > 3)
    assert shown.Close.s.index[-1] == shown.now == pd.Timestamp("2024-01-04")
    assert list(shown.df.columns) == ["Open", "High", "Low", "Close", "oi"]
    assert not hasattr(shown, "Funding")
    with pytest.raises(AttributeError, match="no column 'Funding': it has Open, High, Low, Close, oi"):
        _ = shown.Funding
    with pytest.raises(KeyError, match="add it to the data"):
        shown["Funding"]


def test_an_indicator_is_known_by_what_it_is_made_of() -> None:
    strategy = Strategy(None, data(), {})  # type: ignore[arg-type]
    mean = strategy.I(SMA, strategy.data.Close, 3)
    assert isinstance(mean - 1.0, Indicator) and mean.name == "SMA(3)"
    both = strategy.I(lambda: (mean, mean + 1), name=["a", "b"])
    assert both.shape == (2, 10) and isinstance(both[0], Indicator)
    frame = strategy.I(lambda: pd.DataFrame({"a": mean, "b": mean}))
    assert frame.shape == (2, 10)
    for wrong in (lambda: None, lambda: 3.0, lambda: mean[1:], lambda: "text", lambda: np.zeros((2, 2, 10))):
        with pytest.raises(ValueError, match="return one value a bar"):
            strategy.I(wrong)
    with pytest.raises(ValueError, match="2 rows and 3 names"):
        strategy.I(lambda: (mean, mean), name=["a", "b", "c"])


def test_a_coarser_timeframe_shows_no_bar_that_has_not_ended() -> None:
    index = pd.date_range("2024-01-01", periods=96, freq="h")
    close = named(np.arange(96.0), "Close", index)
    daily = lib.resample_apply("D", None, close)
    assert daily.iloc[:24].isna().all()
    assert (daily.iloc[24:48] == 23).all() and daily.iloc[48] == 47
    means = lib.resample_apply("D", SMA, close, 2)
    assert means.iloc[48] == (23 + 47) / 2


def test_a_backtest_is_inert() -> None:
    assert GOOG.empty and list(GOOG.columns) == ["Open", "High", "Low", "Close", "Volume"]
    test = Backtest(GOOG, Strategy, cash=5)
    stats = test.run(n=3)
    assert np.isnan(stats["Sharpe Ratio"]) and f"{stats['Return [%]']:.1f}" == "nan" and stats._trades.empty
    best, heatmap = test.optimize(n=[1, 2], return_heatmap=True)
    assert np.isnan(best["# Trades"]) and heatmap.empty and test.plot() is None
    with pytest.raises(NotImplementedError, match="plot_heatmaps is not here"):
        lib.plot_heatmaps(heatmap)


def test_what_the_source_says_to_a_backtest(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "broken.py").write_text("Backtest(")
    (tmp_path / "a.py").write_text(
        "Backtest(d, Other, cash=1)\nbt.Backtest(d, m.Mine, cash=5e4, margin=m, plot=1)"
    )
    said = said_for("Mine", None, str(tmp_path))
    assert said.values == {"cash": 5e4} and said.unread == ("margin",) and said.place == "a.py:2"
    assert said_for("Nobody", None, str(tmp_path)).values == {}
    (tmp_path / "mine.py").write_text("FractionalBacktest(d, strategy=Mine, hedging=True)")
    assert said_for("Mine", str(tmp_path / "mine.py"), str(tmp_path)).values == {"hedging": True}


class _Market:
    bar, price = 5, 100.0


def order(size: float, sl: float | None = None, tp: float | None = None) -> Order:
    return Order(_Market(), size, None, None, sl, tp, None)  # type: ignore[arg-type]


def leg(size: float, sl: float | None = None, tp: float | None = None) -> Trade:
    side = 1.0 if size > 0 else -1.0
    return Trade(_Market(), Entry(order(size, sl, tp), side, 0.5, abs(size)), size, 100.0, 3)  # type: ignore[arg-type]


orders = st.builds(
    order,
    st.sampled_from([0.2, -0.2, 0.9, -0.9, 5, -5, 10, -10, 40, -40]),
    st.none(),
    st.none(),
)
legs = st.lists(st.sampled_from([5, 10, 20]), max_size=3)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([1.0, -1.0]), legs, st.lists(orders, max_size=4), st.booleans(), st.booleans())
def test_rows_never_contradict_themselves(
    side: float, sizes: list[float], asked: list[Order], closing: bool, hedging: bool
) -> None:
    """Whatever is ordered: one entry at most, never on the side that is left, and a stake within the account."""
    held = [leg(side * size) for size in sizes]
    left = [0.0 if closing else float(size) for size in sizes]
    plan = Plan(held, left, side if held else 0.0)
    notes = Notes()
    planner = Planner(Terms(hedging=hedging), notes, plan, (100.0, 10_000.0, 10_000.0 - 100.0 * sum(sizes)))
    for one in asked:
        planner.take(one)
    enter_long, exit_long, enter_short, exit_short, size, stop, target, _, _ = planner.row()
    assert enter_long + enter_short <= 1 and exit_long + exit_short <= 1
    assert not (enter_long and exit_long) and not (enter_short and exit_short)
    assert 0 < size <= 1 and stop == target == 0
    if held and side > 0:
        assert not exit_short and not enter_long
    if held and side < 0:
        assert not exit_long and not enter_short
    assert set(notes.counts) <= set(WORDS)
    assert all(units >= 0 for units in plan.left)


def test_stops_of_several_legs_rest_where_the_last_is_met() -> None:
    held = [leg(5, 90.0, 120.0), leg(5, 95.0, 110.0)]
    row = Planner(Terms(), Notes(), Plan(held, [5, 5], 1.0), (100.0, 10_000.0, 9_000.0)).row()
    assert row[5:7] == (pytest.approx(0.10), pytest.approx(0.20))
    held = [leg(-5, 110.0, None), leg(-5, 104.0, 80.0)]
    row = Planner(Terms(), Notes(), Plan(held, [5, 5], -1.0), (100.0, 10_000.0, 9_000.0)).row()
    assert row[5:7] == (pytest.approx(0.10), 0.0)
