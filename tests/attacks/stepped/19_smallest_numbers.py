"""Positions of the smallest numbers there are, in turn with whole ones and minus zero.

The account must take them. Decides. Ends: ok."""

SIZES = (5e-324, -5e-324, 2.2250738585072014e-308, -0.0, 1.0, -1.0, 1e-300, 1e-17, 0.0, 1 - 1e-16, -1e-12)


def on_bar(bar, portfolio):
    return SIZES[int(bar["bar"]) % len(SIZES)]
