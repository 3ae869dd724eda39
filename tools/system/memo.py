"""A memory of answers with a cap on its bytes, and content hashes of markets."""

from __future__ import annotations

import hashlib
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from tools.contracts import Market

T = TypeVar("T")


class Memo(Generic[T]):
    """Least recently used answers, at most ``limit_bytes`` of them as ``size`` counts."""

    def __init__(self, limit_bytes: int, size: Callable[[T], int]) -> None:
        self.limit_bytes, self.size = limit_bytes, size
        self._held: OrderedDict[Hashable, T] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> T | None:
        """What was put under ``key``, unless it was dropped since."""
        if key in self._held:
            self._held.move_to_end(key)
        return self._held.get(key)

    def put(self, key: Hashable, value: T) -> None:
        """Remember; the oldest answers go where the cap is reached."""
        if key in self._held:
            self._bytes -= self.size(self._held.pop(key))
        self._held[key] = value
        self._bytes += self.size(value)
        while self._bytes > self.limit_bytes and len(self._held) > 1:
            self._bytes -= self.size(self._held.popitem(last=False)[1])


class MarketHashes:
    """Content hashes of markets, worked out once for each object that is alive."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Market], str]] = {}

    def of(self, market: Market) -> str:
        """Hex digest over the symbol, the times and every column's name and bits."""
        known = self._known.get(id(market))
        if known is not None and known[0]() is market:
            return known[1]
        digest = market_hash(market)
        self._known[id(market)] = (weakref.ref(market), digest)
        return digest


def market_hash(market: Market) -> str:
    """blake2b, 32 hex digits: markets of equal content have equal hashes, whatever object they are."""
    total = hashlib.blake2b(digest_size=16)
    total.update(f"{market.symbol}\n{market.timeframe_minutes}\n{len(market)}\n".encode())
    total.update(market.time.tobytes())
    for name, values in market.columns.items():
        total.update(f"\n{name}\n".encode())
        total.update(values.tobytes())
    return total.hexdigest()
