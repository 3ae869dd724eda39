"""Settings of the cross rider."""

from __future__ import annotations


class RiderConfig:
    """Lengths in bars, distances in average ranges, turnover in quote currency."""

    def __init__(
        self, fast: int = 24, slow: int = 96, stop: float = 3.0, floor: float = 5e6, hold: int = 288
    ) -> None:
        self.fast = fast
        self.slow = slow
        self.stop = stop
        self.floor = floor
        self.hold = hold
