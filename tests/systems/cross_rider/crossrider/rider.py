"""Enter when the fast average crosses the slow one in a lively market; leave on the opposite cross."""

from __future__ import annotations

import pandas as pd

from crossrider.config import RiderConfig


def table(bars: pd.DataFrame, cfg: RiderConfig) -> pd.DataFrame:
    """One row a bar: the distance between the averages now and before, and the turnover of six hours."""
    close = bars["close"]
    gap = close.rolling(cfg.fast).mean() - close.rolling(cfg.slow).mean()
    turnover = (bars["volume"] * close).rolling(72).mean()
    return pd.DataFrame({"gap": gap, "before": gap.shift(1), "turnover": turnover})


def signals(bars: pd.DataFrame, cfg: RiderConfig) -> pd.DataFrame:
    """Decisions at the close of each bar."""
    long, short, up, down = [], [], [], []
    for row in table(bars, cfg).itertuples(index=False):
        crossed_up = row.before <= 0 and row.gap > 0
        crossed_down = row.before >= 0 and row.gap < 0
        long.append(crossed_up and cfg.floor <= row.turnover)
        short.append(crossed_down and cfg.floor <= row.turnover)
        up.append(crossed_up)
        down.append(crossed_down)
    out = pd.DataFrame(
        {"enter_long": long, "exit_long": down, "enter_short": short, "exit_short": up}, index=bars.index
    )
    out = out.astype(float)
    out["stop"] = cfg.stop * ((bars["high"] - bars["low"]) / bars["close"]).rolling(cfg.slow).mean()
    out["max_bars"] = float(cfg.hold)
    return out
