"""A subclass of a number whose text, length and truth raise, and a number too large for a float.

Ends: rejected."""

class Number(int):
    def __repr__(self):
        raise SystemExit("\x1b[2J")

    __str__ = __bool__ = __len__ = __repr__


def on_bar(bar, portfolio):
    return Number(10) ** 400 if bar["bar"] > 3 else Number(0)
