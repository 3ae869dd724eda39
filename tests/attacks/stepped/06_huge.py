"""A position of 1e308.

Ends: rejected."""

def on_bar(bar, portfolio):
    return 1e308
