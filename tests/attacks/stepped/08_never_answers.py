"""Sleeps in the middle of the conversation.

Ends: timeout."""

import time


def on_bar(bar, portfolio):
    time.sleep(60 if bar["bar"] == 50 else 0)
    return 0.0
