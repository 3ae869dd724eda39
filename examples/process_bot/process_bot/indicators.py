"""Indicators of the last bar, from the bars so far."""


def average(values, bars):
    return values[-bars:].mean()


def mean_range(candles, bars):
    return (candles["high"].to_numpy()[-bars:] - candles["low"].to_numpy()[-bars:]).mean()


def pressure(dataset, bars):
    """Bought minus sold of the last bars, as a share of what was traded; guessed from candles where nothing reports it."""
    flow = dataset["flow"] if "flow" in dataset else dataset["flow_estimate"]
    traded = dataset["volume"].to_numpy()[-bars:].sum()
    return flow.to_numpy()[-bars:].sum() / traded if traded > 0 else 0.0
