"""Bar by bar: a breakout with a stop by its own portfolio."""

highs = []


def on_bar(bar, portfolio):
    highs.append(bar["high"])
    if portfolio["position"] and bar["close"] < 0.97 * portfolio["entry_price"]:
        return 0.0
    if len(highs) > 20 and bar["close"] >= max(highs[-20:]):
        return 1.0
    return 1.0 if portfolio["position"] > 0 else 0
