from __future__ import annotations

import pandas as pd
import pytest
from squeeze_bot.config import SqueezeConfig
from squeeze_bot.exits import distances
from squeeze_bot.features import average_true_range, close_location
from squeeze_bot.flow import bar_flow, flow_label
from squeeze_bot.report import summary
from squeeze_bot.simulate import equity_curve, simulate


def test_it_trades_both_ways(decisions: pd.DataFrame) -> None:
    assert decisions["enter_long"].sum() > 5
    assert decisions["enter_short"].sum() > 5


def test_decisions_have_the_bars_index_and_no_hole_in_flags(
    bars: pd.DataFrame, decisions: pd.DataFrame
) -> None:
    flags = decisions[["enter_long", "exit_long", "enter_short", "exit_short"]]
    assert decisions.index.equals(bars.index)
    assert flags.isin([0.0, 1.0]).all().all()


def test_entries_carry_a_stop_and_a_size(decisions: pd.DataFrame) -> None:
    entries = decisions[(decisions["enter_long"] + decisions["enter_short"]) > 0]
    assert entries["stop"].between(0.0001, 0.1).all()
    assert entries["size"].between(0.01, 1.0).all()
    assert (entries["target"] > entries["stop"]).all()


def test_distances_follow_volatility(bars: pd.DataFrame, params: SqueezeConfig) -> None:
    stop = distances(bars, params)["stop"]
    expected = params.stop_atr * average_true_range(bars, params.atr_bars) / bars["close"]
    assert stop.corr(expected) > 0.99


def test_flow_is_taker_volume_where_there_is_any(bars: pd.DataFrame) -> None:
    takers = bars.assign(taker_buy_volume=bars["volume"])
    assert bar_flow(takers).to_list() == pytest.approx((bars["volume"] * bars["close"]).to_list())
    assert "estimated" in flow_label(bars) and "estimated" not in flow_label(takers)


def test_location_of_a_flat_candle_is_the_middle() -> None:
    flat = pd.DataFrame({"high": [1.0], "low": [1.0], "close": [1.0]})
    assert close_location(flat).tolist() == [0.5]


def test_simulation_adds_up(bars: pd.DataFrame, decisions: pd.DataFrame) -> None:
    trades = simulate(bars, decisions)
    equity = equity_curve(bars, trades)
    assert len(trades) > 10
    assert equity.iloc[-1] == pytest.approx(1.0 + trades["net"].sum())
    figures = summary(trades, equity)
    assert figures["trades"] == len(trades)
    assert 0.0 <= figures["win_rate"] <= 1.0
