"""Wilder's RSI with pandas, bounded and filled."""

import pandas as pd


def signals(bars):
    change = bars["close"].diff()
    up = change.clip(lower=0).ewm(alpha=1 / 14, adjust=False).mean()
    down = (-change.clip(upper=0)).ewm(alpha=1 / 14, adjust=False).mean()
    rsi = 100 - 100 / (1 + up / down)
    position = pd.Series(0.0, index=rsi.index).mask(rsi < 30, 1.0).mask(rsi > 70, -1.0)
    return position.fillna(0.0)
