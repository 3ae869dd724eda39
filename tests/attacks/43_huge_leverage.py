"""A size beyond everything."""

def decide(bars):
    return bars.assign(enter_long=1, size=1e308)
