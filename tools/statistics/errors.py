"""What can go wrong in this room."""

from __future__ import annotations

from tools.errors import MendelError


class StatisticsError(MendelError):
    """A statistic was asked of values that cannot give it."""
