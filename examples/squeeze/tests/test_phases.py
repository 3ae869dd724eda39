from __future__ import annotations

import pandas as pd
from squeeze_bot.config import SqueezeConfig
from squeeze_bot.context import in_context, squeeze
from squeeze_bot.divergence import divergences
from squeeze_bot.features import zscore
from squeeze_bot.machine import fire
from squeeze_bot.reset import resets
from squeeze_bot.scoring import candle_points, scores


def test_context_remembers_a_squeeze(bars: pd.DataFrame, params: SqueezeConfig) -> None:
    now, remembered = squeeze(bars, params), in_context(bars, params)
    assert 0 < now.sum() < remembered.sum() < len(bars)
    assert remembered[now].all()


def test_divergence_needs_price_and_flow_apart(bars: pd.DataFrame, params: SqueezeConfig) -> None:
    bullish, bearish = divergences(bars, params)
    move = bars["close"].diff(params.flow_bars)
    assert bullish.any() and bearish.any()
    assert (move[bullish] < 0).all() and (move[bearish] > 0).all()


def test_reset_turns_towards_the_mean(bars: pd.DataFrame, params: SqueezeConfig) -> None:
    upward, downward = resets(bars, params)
    z = zscore(bars["close"], params.band_bars)
    assert upward.any() and downward.any()
    assert (z.diff()[upward] > 0).all() and (z.shift(1)[upward] < -params.reset_z).all()
    assert (z.diff()[downward] < 0).all() and (z.shift(1)[downward] > params.reset_z).all()


def test_a_strong_candle_scores_for_its_side() -> None:
    bars = pd.DataFrame({"open": [10.0, 10.0], "high": [12.0, 10.2], "low": [9.9, 8.0], "close": [11.9, 8.1]})
    long, short = candle_points(bars)
    assert long.tolist() == [3.0, 0.0]
    assert short.tolist() == [0.0, 3.0]


def test_scores_stay_between_zero_and_ten(bars: pd.DataFrame, params: SqueezeConfig) -> None:
    for score in scores(bars, params):
        assert score.min() >= 0 and score.max() <= 10


def test_machine_fires_after_divergence_and_reset(params: SqueezeConfig) -> None:
    diverged = pd.Series([False, True, False, False, False, False])
    turned = pd.Series([True, False, False, True, False, False])
    score = pd.Series([9.0, 9.0, 9.0, 2.0, 9.0, 9.0])
    assert fire(diverged, turned, score, params).tolist() == [False, False, False, False, True, False]
