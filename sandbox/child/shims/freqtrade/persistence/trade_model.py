"""The same under the module's name."""

from . import LocalTrade, Order, PairLocks, Trade

__all__ = ["LocalTrade", "Order", "PairLocks", "Trade"]
