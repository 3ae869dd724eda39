"""Phase 1, context: the market has been quiet, so a move out of the range means something."""

from __future__ import annotations

import pandas as pd

from squeeze_bot.config import SqueezeConfig
from squeeze_bot.features import average_true_range


def squeeze(bars: pd.DataFrame, params: SqueezeConfig) -> pd.Series:
    """True where the Bollinger bands lie inside the Keltner channel."""
    deviation = bars["close"].rolling(params.band_bars).std()
    channel = average_true_range(bars, params.band_bars)
    return params.band_width * deviation < params.channel_width * channel


def in_context(bars: pd.DataFrame, params: SqueezeConfig) -> pd.Series:
    """True while a squeeze is no older than ``squeeze_memory_bars``."""
    recent = squeeze(bars, params).astype(float).rolling(params.squeeze_memory_bars, min_periods=1).max()
    return recent > 0
