"""Phase 3, reset: the stretched price comes back inside its band and takes out the previous bar."""

from __future__ import annotations

import pandas as pd

from squeeze_bot.config import SqueezeConfig
from squeeze_bot.features import zscore


def resets(bars: pd.DataFrame, params: SqueezeConfig) -> tuple[pd.Series, pd.Series]:
    """Bars on which a stretched market turns up, and on which it turns down."""
    z = zscore(bars["close"], params.band_bars)
    before = z.shift(1)
    upward = (before < -params.reset_z) & (z > before) & (bars["close"] > bars["high"].shift(1))
    downward = (before > params.reset_z) & (z < before) & (bars["close"] < bars["high"].shift(1))
    return upward, downward
