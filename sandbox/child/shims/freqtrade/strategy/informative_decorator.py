"""``@informative``: indicators on another timeframe or pair, merged before the strategy's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MARK = "_mendel_informative"


@dataclass(frozen=True)
class Informative:
    """What one decorator asks for. ``asset`` may hold {stake}, {base} and {quote}; empty: the strategy's own pair."""

    timeframe: str
    asset: str
    fmt: str | Callable[..., str] | None
    ffill: bool


def informative(
    timeframe: str, asset: str = "", fmt: str | Callable[..., str] | None = None, *, candle_type: Any = None,
    ffill: bool = True, cache: bool = True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # fmt: skip
    """Marks a method ``(self, dataframe, metadata) -> dataframe``; several marks on one method are kept."""

    def mark(method: Callable[..., Any]) -> Callable[..., Any]:
        marks = [*getattr(method, MARK, ()), Informative(timeframe, asset, fmt, ffill)]
        setattr(method, MARK, marks)
        return method

    return mark


def column_namer(wanted: Informative, pair: str) -> Callable[[str], str]:
    """What a column of that pair is called beside the strategy's own."""
    base, _, quote = pair.partition(":")[0].partition("/")
    fmt = wanted.fmt or ("{base}_{quote}_{column}_{timeframe}" if wanted.asset else "{column}_{timeframe}")
    words = {"base": base.lower(), "quote": quote.lower(), "stake": quote.lower(), "asset": pair}
    words |= {
        "BASE": base.upper(),
        "QUOTE": quote.upper(),
        "STAKE": quote.upper(),
        "timeframe": wanted.timeframe,
    }

    def named(column: str) -> str:
        return fmt(column=column, **words) if callable(fmt) else fmt.format(column=column, **words)

    return named
