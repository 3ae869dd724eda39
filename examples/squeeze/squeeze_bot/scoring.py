"""Phase 4, scoring: how much speaks for the trade, out of ten.

Volume gives up to 3 points, the candle 3, the flow 2, open interest 2. Where a market has no open interest the
other eight points are stretched to ten.
"""

from __future__ import annotations

import pandas as pd

from squeeze_bot.config import SqueezeConfig
from squeeze_bot.features import close_location, relative_volume
from squeeze_bot.flow import bar_flow, flow_trend

MIN_BODY = 0.0002


def volume_points(bars: pd.DataFrame, params: SqueezeConfig) -> pd.Series:
    """0 to 3 points for bars that are busier than usual."""
    unusual = relative_volume(bars, params.volume_bars)
    return 2.0 * (unusual > 0) + 1.0 * (unusual > 1)


def candle_points(bars: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """0 to 3 points for a convincing candle, for a long and for a short. A doji convinces nobody."""
    body = bars["close"] - bars["open"]
    solid = body.abs() > MIN_BODY
    location = close_location(bars)
    long = 2.0 * (solid & (body > 0)) + 1.0 * (solid & (location > 0.6))
    short = 2.0 * (solid & (body < 0)) + 1.0 * (solid & (location < 0.4))
    return long, short


def flow_points(bars: pd.DataFrame, params: SqueezeConfig) -> tuple[pd.Series, pd.Series]:
    """0 to 2 points for flow that agrees, on the bar and over the trend window."""
    flow = bar_flow(bars)
    trend = flow_trend(flow, params.trend_bars)
    long = 1.0 * (flow > 0) + 1.0 * (trend > params.trend_rise)
    short = 1.0 * (flow < 0) + 1.0 * (trend < -params.trend_rise)
    return long, short


def open_interest_points(bars: pd.DataFrame, params: SqueezeConfig) -> pd.Series:
    """0 or 2 points: positions were opened, not only closed, during the move."""
    interest = bars["open_interest"].fillna(0.0)
    rise = interest.pct_change(params.oi_bars)
    return 2.0 * (rise > params.oi_rise)


def scores(bars: pd.DataFrame, params: SqueezeConfig) -> tuple[pd.Series, pd.Series]:
    """Points for a long and for a short at each bar, 0 to 10."""
    volume = volume_points(bars, params)
    candle_long, candle_short = candle_points(bars)
    flow_long, flow_short = flow_points(bars, params)
    long, short = volume + candle_long + flow_long, volume + candle_short + flow_short
    if "open_interest" not in bars:
        return long * 10.0 / 8.0, short * 10.0 / 8.0
    interest = open_interest_points(bars, params)
    return long + interest, short + interest
