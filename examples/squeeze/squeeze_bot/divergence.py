"""Phase 2, divergence: price has run while the flow behind it has turned around."""

from __future__ import annotations

import pandas as pd

from squeeze_bot.config import SqueezeConfig
from squeeze_bot.features import average_true_range
from squeeze_bot.flow import bar_flow, flow_shift


def divergences(bars: pd.DataFrame, params: SqueezeConfig) -> tuple[pd.Series, pd.Series]:
    """Bars with a bullish (price down, flow up) and a bearish (price up, flow down) divergence."""
    shift = flow_shift(bar_flow(bars), params.flow_bars)
    move = bars["close"].diff(params.flow_bars)
    far = move.abs() > params.min_move_atr * average_true_range(bars, params.atr_bars)
    meaningful = far & (shift.abs() > params.min_flow_shift)
    bullish = meaningful & (move < 0) & (shift > 0)
    bearish = meaningful & (move > 0) & (shift < 0)
    return bullish, bearish
