"""Infinity at the hundredth bar.

Ends: rejected."""

def on_bar(bar, portfolio):
    return float("-inf") if bar["bar"] == 100 else 0.0
