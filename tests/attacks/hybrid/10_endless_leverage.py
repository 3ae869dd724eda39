"""Leverage of 1e308 on the whole account.

Ends: rejected."""

def signals(bars):
    return [0.0] * len(bars)


def on_position(trade):
    return {"leverage": 1e308, "stake": 1.0}
