"""Waits for ever when it is asked whether to leave.

Ends: timeout."""

import threading


def signals(bars):
    return [0.0] * len(bars)


def on_position(trade):
    threading.Event().wait()
