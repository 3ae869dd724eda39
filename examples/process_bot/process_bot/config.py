"""What the bot may be told."""

CONFIG = {
    "fast": 12,
    "slow": 48,
    "flow_bars": 24,
    "pullback": 0.002,
    "min_volume": 5000.0,  # of the last bar: below it there is nobody to trade with
    "risk": 0.01,
    "stop": 2.5,  # mean ranges
    "target": 5.0,
    "max_hold": 96,
    "pause": 12,
}
