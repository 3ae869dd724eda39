"""Enter when price leaves its Keltner channel on more volume than usual; leave at the middle."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class RideConfig:
    """Lengths in bars; the rest are ratios."""

    length: int = 48
    width: float = 2.5
    busy: float = 1.3
    stop: float = 2.0
    hold: int = 96


def channel(bars: pd.DataFrame, cfg: RideConfig) -> tuple[pd.Series, pd.Series]:
    """Middle of the channel and its half width, in price units."""
    unit = (bars["high"] - bars["low"]).rolling(cfg.length).mean()
    return bars["close"].rolling(cfg.length).mean(), cfg.width * unit


def signals(bars: pd.DataFrame, cfg: RideConfig) -> pd.DataFrame:
    """Decisions at the close of each bar."""
    close = bars["close"]
    middle, half = channel(bars, cfg)
    turnover = bars["volume"] * close
    lively = turnover.rolling(6).mean() > cfg.busy * turnover.rolling(288).mean()
    above, below = close > middle + half, close < middle - half
    out = pd.DataFrame(index=bars.index)
    out["enter_long"] = (above & ~above.shift(1, fill_value=False) & lively).astype(float)
    out["exit_long"] = (close < middle).astype(float)
    out["enter_short"] = (below & ~below.shift(1, fill_value=False) & lively).astype(float)
    out["exit_short"] = (close > middle).astype(float)
    out["stop"] = cfg.stop * half / close
    out["max_bars"] = float(cfg.hold)
    return out
