"""Decisions from a generator that never ends, in the place of a table.

It is no answer. Ends: rejected."""

def decide(bars):
    while True:
        yield 1.0
