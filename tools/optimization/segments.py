"""The data before the vault in two parts: numbers are searched on the first, and a frozen change is confirmed on the second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.backtest.report import iso_utc
from tools.contracts import Market, MendelError

DEVELOPMENT_SHARE = 0.75
DAY_NS = 86_400_000_000_000


class SegmentError(MendelError):
    """There is too little data to be divided."""


@dataclass(frozen=True)
class Segments:
    """UTC ns. Development is ``[start_ns, confirm_ns)``, confirmation ``[confirm_ns, until_ns)``."""

    start_ns: int
    confirm_ns: int
    until_ns: int

    def development(self, markets: Mapping[str, Market], share: float = 1.0) -> dict[str, Market]:
        """The bars before the confirmation; ``share`` < 1 keeps the oldest part of them. Symbols without a bar are left out."""
        end = self.start_ns + round(share * (self.confirm_ns - self.start_ns))
        parts = {symbol: market.until(end) for symbol, market in markets.items()}
        return {symbol: part for symbol, part in parts.items() if len(part)}

    def to_json(self) -> dict[str, Any]:
        """ISO times."""
        return {
            "development": {"from": iso_utc(self.start_ns), "until": iso_utc(self.confirm_ns)},
            "confirm": {"from": iso_utc(self.confirm_ns), "until": iso_utc(self.until_ns)},
        }


def split(markets: Mapping[str, Market], until_ns: int, share: float = DEVELOPMENT_SHARE) -> Segments:
    """One cut for all symbols, at midnight, so that whole days stay together. Raises SegmentError under four days."""
    start = min(int(market.time[0]) for market in markets.values())
    cut = start + round(share * (until_ns - start))
    midnight = cut - cut % DAY_NS
    if midnight <= start or until_ns - midnight < DAY_NS:
        days = (until_ns - start) / DAY_NS
        raise SegmentError(f"{days:.1f} days before the vault: too few to divide; give at least 4 days")
    return Segments(start, midnight, until_ns)
