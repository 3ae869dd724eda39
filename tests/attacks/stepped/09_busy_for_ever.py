"""Computes for ever in the middle of the conversation, deaf to every signal.

Ends: timeout."""

import signal


def on_bar(bar, portfolio):
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while bar["bar"] == 50:
        pass
    return 0.0
