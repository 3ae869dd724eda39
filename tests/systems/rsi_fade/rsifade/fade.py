"""Buy a deeply oversold market, sell a deeply overbought one, leave in the middle."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rsifade.arrays import rolling_mean, rsi


def signals(bars: pd.DataFrame) -> pd.DataFrame:
    """Decisions at the close of each bar."""
    close, high, low = (bars[name].to_numpy() for name in ("close", "high", "low"))
    strength = rsi(close, 14)
    before = np.concatenate([[50.0], strength[:-1]])
    side = np.where((before < 20) & (strength >= 20), 1, np.where((before > 80) & (strength <= 80), -1, 0))
    turnover = rolling_mean(close * bars["volume"].to_numpy(), 72)
    side = np.where(turnover > 3_000_000, side, 0)
    width = rolling_mean((high - low) / close, 24)
    columns = {
        "enter_long": side == 1,
        "exit_long": strength > 60,
        "enter_short": side == -1,
        "exit_short": strength < 40,
        "stop": 4.0 * width,
        "max_bars": np.full(len(close), 96.0),
    }
    return pd.DataFrame({name: values.astype(float) for name, values in columns.items()}, index=bars.index)
