"""A volatility-squeeze reversal system for five-minute perpetual candles."""
