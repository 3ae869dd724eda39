"""Buy the first close above the day's range, sell the first close below it."""

from __future__ import annotations

import pandas as pd

CHANNEL_BARS = 288


def frame_of(bars: pd.DataFrame) -> pd.DataFrame:
    """Closes with the channel of the previous day and the traded value in quote currency."""
    frame = bars[["close"]].copy()
    frame["upper"] = bars["high"].rolling(CHANNEL_BARS).max().shift(1)
    frame["lower"] = bars["low"].rolling(CHANNEL_BARS).min().shift(1)
    frame["usual"] = (bars["volume"] * bars["close"]).rolling(CHANNEL_BARS).median()
    frame["width"] = (bars["high"] - bars["low"]).rolling(48).mean() / bars["close"]
    return frame


def signals(bars: pd.DataFrame) -> pd.DataFrame:
    """Decisions at the close of each bar."""
    frame = frame_of(bars)
    up = (frame["close"] > frame["upper"]) & (frame["close"].shift(1) <= frame["upper"].shift(1))
    down = (frame["close"] < frame["lower"]) & (frame["close"].shift(1) >= frame["lower"].shift(1))
    out = pd.DataFrame(
        0.0, index=bars.index, columns=["enter_long", "exit_long", "enter_short", "exit_short"]
    )
    out.loc[up & (frame["usual"] > 750_000), "enter_long"] = 1.0
    out.loc[down & (frame["usual"] > 750_000), "enter_short"] = 1.0
    out["stop"] = 3.0 * frame["width"]
    out["target"] = 6.0 * frame["width"]
    out["max_bars"] = 144.0
    return out
