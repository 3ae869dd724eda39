"""From bars to decisions: the five phases put together."""

from __future__ import annotations

import pandas as pd

from squeeze_bot.config import SqueezeConfig
from squeeze_bot.context import in_context
from squeeze_bot.divergence import divergences
from squeeze_bot.exits import distances, exit_signals
from squeeze_bot.funding import crowding
from squeeze_bot.machine import fire
from squeeze_bot.reset import resets
from squeeze_bot.scoring import scores


def signals(bars: pd.DataFrame, params: SqueezeConfig) -> pd.DataFrame:
    """Decisions at the close of each bar, to be executed at the next open.

    ``bars`` has a UTC DatetimeIndex and the columns open, high, low, close, volume; quote_volume,
    taker_buy_volume, open_interest and funding_rate are used where the market has them.
    """
    quiet = in_context(bars, params)
    bullish, bearish = divergences(bars, params)
    upward, downward = resets(bars, params)
    long_score, short_score = scores(bars, params)
    crowded = crowding(bars, params)
    exit_long, exit_short = exit_signals(bars, params)
    out = distances(bars, params)
    out["enter_long"] = fire(quiet & bullish, upward & (crowded < 1), long_score, params)
    out["enter_short"] = fire(quiet & bearish, downward & (crowded > -1), short_score, params)
    out["exit_long"] = exit_long
    out["exit_short"] = exit_short
    out["size"] = (params.risk_per_trade / out["stop"].where(out["stop"] > 0)).clip(upper=1.0)
    order = [
        "enter_long",
        "exit_long",
        "enter_short",
        "exit_short",
        "size",
        "stop",
        "target",
        "trail",
        "max_bars",
    ]
    return out[order].astype(float)
