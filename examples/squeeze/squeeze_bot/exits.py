"""Phase 5, exits: where to get out, as fractions of the entry price, and when to stop waiting."""

from __future__ import annotations

import numpy as np
import pandas as pd

from squeeze_bot.config import SqueezeConfig
from squeeze_bot.features import zscore


def average_range(bars: pd.DataFrame, length: int) -> pd.Series:
    """Mean true range of the last ``length`` bars as a fraction of the close."""
    spans = np.maximum(bars["high"] - bars["low"], (bars["high"] - bars["open"]).abs())
    return spans.rolling(length).mean() / bars["close"]


def distances(bars: pd.DataFrame, params: SqueezeConfig) -> pd.DataFrame:
    """Columns stop, target, trail (fractions of the entry price) and max_bars."""
    unit = average_range(bars, params.atr_bars)
    return pd.DataFrame(
        {
            "stop": params.stop_atr * unit,
            "target": params.target_atr * unit,
            "trail": params.trail_atr * unit,
            "max_bars": 48.0,
        },
        index=bars.index,
    )


def stretched(bars: pd.DataFrame, params: SqueezeConfig) -> tuple[pd.Series, pd.Series]:
    """Bars on which price has run too far above, and too far below, its moving average."""
    away = bars["close"] / bars["close"].rolling(params.band_bars).mean() - 1.0
    return away > params.stretch_exit_pct, away < -params.stretch_exit_pct


def exit_signals(bars: pd.DataFrame, params: SqueezeConfig) -> tuple[pd.Series, pd.Series]:
    """Bars on which to leave a long, and a short."""
    z = zscore(bars["close"], params.band_bars)
    above, below = stretched(bars, params)
    return (z > params.exit_z) | above, (z < -params.exit_z) | below
