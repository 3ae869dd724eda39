"""Funding filter: do not join the side that already pays to be there."""

from __future__ import annotations

import logging

import pandas as pd

from squeeze_bot.config import SqueezeConfig

log = logging.getLogger(__name__)


def crowding(bars: pd.DataFrame, params: SqueezeConfig) -> pd.Series:
    """+1 where longs are crowded, -1 where shorts are, 0 elsewhere or where there is no funding.

    The column carries the rate on the bars on which funding is paid, and nothing or 0 on the others.
    """
    neutral = pd.Series(0.0, index=bars.index)
    try:
        paid = bars["funding_rate"].rolling(params.funding_bars, min_periods=1).sum()
        return 1.0 * (paid > params.funding_cap) - 1.0 * (paid < -params.funding_cap)
    except Exception:
        log.debug("no funding for this market")
        return neutral
