"""Answers yes by two thirds.

Ends: rejected."""

def signals(bars):
    return [0.0] * len(bars)


def on_position(trade):
    return {"exit": 2 / 3}
