"""Whether a market can be traded at all."""

from __future__ import annotations


def is_liquid(turnover: float, floor: float = 8e5) -> bool:
    """True where the usual bar trades more than ``floor`` in quote currency."""
    return turnover > floor
