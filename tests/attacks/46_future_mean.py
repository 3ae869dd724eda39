"""Decides by the mean of the whole sample."""

def decide(bars):
    return bars.assign(enter_long=bars["close"] < bars["close"].mean())
