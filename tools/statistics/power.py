"""How much data an answer needs."""

from __future__ import annotations

from tools.statistics.tails import normal_quantile

DAYS_A_MONTH = 365.25 / 12
POWER = 0.8


def months_needed(days: float, se: float, effect: float, level: float) -> float | None:
    """Months of data in all after which ``effect`` is found with power 0.8 at one-sided ``level``.

    ``se`` is the standard error that ``days`` of data gave; it shrinks with the square root of time, hence
    ``days * ((z_level + z_power) * se / effect)^2`` (the usual sample-size formula for a mean). In yearly Sharpe
    units this is DESIGN section 8's ``12 * ((z + 0.84) * q / dSR)^2``. None where it is not known."""
    if not (days > 0 and se > 0 and effect > 0 and 0 < level < 1):
        return None
    return days / DAYS_A_MONTH * ((_z(level) + _z(1.0 - POWER)) * se / effect) ** 2


def months_needed_for_sharpe(
    difference_sd: float, pnl_sd: float, sharpe_gain: float, level: float
) -> float | None:
    """Months until a gain of ``sharpe_gain`` (yearly units) shows: ``12 * ((z_level + z_power) * q / gain)^2``, where q is
    sd(daily difference) / sd(daily P&L). None where it is not known."""
    if not (difference_sd > 0 and pnl_sd > 0 and sharpe_gain > 0 and 0 < level < 1):
        return None
    return 12.0 * ((_z(level) + _z(1.0 - POWER)) * difference_sd / pnl_sd / sharpe_gain) ** 2


def _z(tail: float) -> float:
    """The value that a standard normal exceeds with probability ``tail``."""
    return -normal_quantile(tail)
