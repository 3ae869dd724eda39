"""Markets told in another unit: the same market, k times busier or k times dearer.

Factors are powers of two, so that every product is exact in floating point and a strategy that does not care
about units must return the same decisions to the last bit.
"""

from __future__ import annotations

from tools.contracts import AMOUNT_ROLES, PRICE_COLUMNS, Market

FACTOR = 8.0


def _scaled(market: Market, columns: tuple[str, ...], factor: float) -> Market:
    return market.with_columns({name: market.columns[name] * factor for name in columns})


def scale_amounts(market: Market, factor: float = FACTOR) -> Market:
    """Every amount traded or held times ``factor``; prices and rates unchanged."""
    return _scaled(market, market.columns_of(*AMOUNT_ROLES), factor)


def scale_prices(market: Market, factor: float = FACTOR) -> Market:
    """Prices times ``factor`` and, with them, the amounts that are counted in quote currency."""
    quoted = tuple(n for n in market.columns_of(*AMOUNT_ROLES) if "quote" in n.lower())
    priced = tuple(c for c in PRICE_COLUMNS if c in market.columns)
    other = tuple(c for c in market.columns_of("price") if c not in priced)
    turnover = tuple(c for c in market.columns_of("quote_volume") if c not in quoted)
    return _scaled(market, priced + other + quoted + turnover, factor)
