"""Answers with a table of its own, with words that nobody knows, with text.

Ends: rejected."""

def signals(bars):
    return [0.0] * len(bars)


def on_position(trade):
    return {"exit": "yes", "__class__": trade, "entry": [1.0]}
