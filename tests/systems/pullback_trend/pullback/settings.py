"""The numbers of the system."""

FAST_BARS = 48
SLOW_BARS = 288
DIP = 1.0  # average ranges below the fast mean
MIN_TURNOVER = 3_500_000.0  # quote currency a bar
