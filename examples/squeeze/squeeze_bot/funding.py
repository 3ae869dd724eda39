"""Funding filter: do not join the side that already pays to be there."""

from __future__ import annotations

import logging

import pandas as pd

from squeeze_bot.config import SqueezeConfig

log = logging.getLogger(__name__)


def crowding(bars: pd.DataFrame, params: SqueezeConfig) -> pd.Series:
    """+1 where longs are crowded, -1 where shorts are, 0 elsewhere or where there is no funding."""
    neutral = pd.Series(0.0, index=bars.index)
    try:
        rate = bars["funding_rate"].ffill().rolling(params.funding_bars, min_periods=1).mean()
        return 1.0 * (rate > params.funding_cap) - 1.0 * (rate < -params.funding_cap)
    except Exception:
        log.debug("no funding for this market")
        return neutral
