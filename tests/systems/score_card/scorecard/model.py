"""A score of five for momentum after a quiet stretch. At least four are needed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass
class CardConfig:
    """Lengths in bars; the cut is in points."""

    lookback: int = 36
    cut: int = 4
    hold: int = 60


def points(bars: pd.DataFrame, cfg: CardConfig) -> pd.DataFrame:
    """Points for a long and for a short at each bar."""
    close = bars["close"]
    turnover = (bars["volume"] * close).ewm(span=96, min_periods=96).mean()
    push = close.pct_change(6)
    typical = close.pct_change().rolling(288).std() * 6**0.5
    location = (close - bars["low"]) / (bars["high"] - bars["low"]).where(bars["high"] > bars["low"])
    depth = 2 * (turnover >= 4e6)
    quiet = 1 * (close.pct_change().rolling(72).std() < close.pct_change().rolling(288).std())
    long = depth + quiet + 1 * (push > 0.5 * typical) + 1 * (location > 0.75)
    short = depth + quiet + 1 * (push < -0.5 * typical) + 1 * (location < 0.25)
    return pd.DataFrame({"long": long, "short": short})


def signals(bars: pd.DataFrame, cfg: CardConfig) -> pd.DataFrame:
    """Decisions at the close of each bar: a change of direction whose score reaches the cut."""
    card = points(bars, cfg)
    change = bars["close"].pct_change(cfg.lookback)
    good = card >= cfg.cut
    fresh = pd.DataFrame(
        {"long": (change > 0) & (change.shift(1) <= 0), "short": (change < 0) & (change.shift(1) >= 0)}
    )
    fresh &= good
    out = pd.DataFrame(index=bars.index)
    out["enter_long"] = fresh["long"].astype(float)
    out["exit_long"] = (change < 0).astype(float)
    out["enter_short"] = fresh["short"].astype(float)
    out["exit_short"] = (change > 0).astype(float)
    out["stop"] = 3.0 * ((bars["high"] - bars["low"]) / bars["close"]).rolling(96).mean()
    out["max_bars"] = float(cfg.hold)
    return out
