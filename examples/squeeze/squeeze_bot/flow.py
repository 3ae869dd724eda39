"""Who was the aggressor: signed flow of each bar, in quote currency.

Where the market reports taker volume the flow is real. Elsewhere it is estimated from the shape of the candle,
which is a guess and is labelled as one wherever it is shown.
"""

from __future__ import annotations

import pandas as pd

from squeeze_bot.features import close_location


def has_taker_flow(bars: pd.DataFrame) -> bool:
    """Whether the market reports taker volume."""
    return "taker_buy_volume" in bars


def flow_label(bars: pd.DataFrame) -> str:
    """What to call the flow of this market on a chart."""
    return "taker flow" if has_taker_flow(bars) else "flow (estimated from candles)"


def bar_flow(bars: pd.DataFrame) -> pd.Series:
    """Bought minus sold value of each bar, quote currency; positive when buyers were the aggressors."""
    if has_taker_flow(bars):
        delta = 2.0 * bars["taker_buy_volume"] - bars["volume"]
    else:
        delta = bars["volume"] * (2.0 * close_location(bars) - 1.0)
    return delta * bars["close"]


def flow_shift(flow: pd.Series, length: int) -> pd.Series:
    """Mean flow of the last ``length`` bars minus that of the ``length`` before, quote currency a bar."""
    return flow.rolling(length).mean().diff(length)


def flow_trend(flow: pd.Series, length: int) -> pd.Series:
    """Relative change of the cumulative flow over ``length`` bars."""
    cumulative = flow.cumsum()
    return cumulative.pct_change(length)
