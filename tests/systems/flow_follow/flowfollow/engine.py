"""Go with two hours of one-sided flow once price has confirmed it."""

from __future__ import annotations

import numpy as np
import pandas as pd

WINDOW = 24
MIN_FLOW = 2_000_000
PACE = 4.0


def estimated_flow(bars: pd.DataFrame) -> np.ndarray:
    """Mean signed turnover of the window, quote currency a bar, estimated from where candles close."""
    span = (bars["high"] - bars["low"]).to_numpy()
    tilt = (2 * bars["close"] - bars["high"] - bars["low"]).to_numpy()
    tilt = np.divide(tilt, span, out=np.zeros(len(span)), where=span > 0)
    signed = tilt * (bars["volume"] * bars["close"]).to_numpy()
    return pd.Series(signed).rolling(WINDOW).mean().to_numpy()


def pace(close: np.ndarray, width: np.ndarray, i: int) -> float:
    """Move of the window that ends at bar ``i``, in average ranges."""
    return (close[i] / close[i - WINDOW] - 1.0) / width[i] if width[i] > 0 else 0.0


def signals(bars: pd.DataFrame) -> pd.DataFrame:
    """Decisions at the close of each bar."""
    close = bars["close"].to_numpy()
    width = ((bars["high"] - bars["low"]) / bars["close"]).rolling(WINDOW).mean().to_numpy()
    flow = estimated_flow(bars)
    long, short = np.zeros(len(close)), np.zeros(len(close))
    for i in range(2 * WINDOW, len(close)):
        if abs(flow[i]) < MIN_FLOW:
            continue
        before = pace(close, width, i - 1)
        now = pace(close, width, i)
        if flow[i] > 0 and before <= PACE < now:
            long[i] = 1.0
        elif flow[i] < 0 and now < -PACE <= before:
            short[i] = 1.0
    out = {"enter_long": long, "exit_long": short, "enter_short": short, "exit_short": long}
    out |= {"stop": 2 * width, "target": 4 * width, "max_bars": np.full(len(close), 72.0)}
    return pd.DataFrame(out, index=bars.index)
