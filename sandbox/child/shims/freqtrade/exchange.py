"""Lengths of candles."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 10080}


def timeframe_to_minutes(timeframe: str) -> int:
    """60 of "1h". Raises ValueError for what is no length."""
    if timeframe == "1M":
        return 43200
    number, unit = timeframe[:-1], timeframe[-1:]
    if not number.isdigit() or unit not in _MINUTES:
        raise ValueError(f"timeframe {timeframe!r} is no length of a candle: write for example 5m, 1h or 1d")
    return int(number) * _MINUTES[unit]


def timeframe_to_seconds(timeframe: str) -> int:
    """The same in seconds."""
    return 60 * timeframe_to_minutes(timeframe)


def timeframe_to_msecs(timeframe: str) -> int:
    """The same in milliseconds."""
    return 60_000 * timeframe_to_minutes(timeframe)


def timeframe_to_prev_date(timeframe: str, date: Any = None) -> datetime:
    """When the candle that holds ``date`` opened (UTC)."""
    moment = date or datetime.now(UTC)
    seconds = timeframe_to_seconds(timeframe)
    return datetime.fromtimestamp(moment.timestamp() // seconds * seconds, tz=UTC)


def timeframe_to_next_date(timeframe: str, date: Any = None) -> datetime:
    """When the candle after it opens."""
    before = timeframe_to_prev_date(timeframe, date)
    return datetime.fromtimestamp(before.timestamp() + timeframe_to_seconds(timeframe), tz=UTC)
