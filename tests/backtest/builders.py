"""Small markets and decisions for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tools.contracts import DECISION_COLUMNS, Costs, Decisions, Market

FREE = Costs(maker_bps=0, taker_bps=0, slippage_bps=0, maintenance_margin=0)
START_NS = 1_704_067_200_000_000_000  # 2024-01-01 00:00 UTC
MINUTE_NS = 60_000_000_000


def market_of(
    bars: Sequence[tuple[float, float, float, float]],
    *,
    funding: Mapping[int, float] | None = None,
    minutes: int = 5,
    symbol: str = "TESTUSDT",
) -> Market:
    """A market of (open, high, low, close) bars with volume 1; ``funding`` maps bars to rates."""
    prices = np.array(bars, dtype=np.float64)
    columns = {name: prices[:, k].copy() for k, name in enumerate(("open", "high", "low", "close"))}
    columns["volume"] = np.ones(len(bars))
    roles: dict[str, tuple[str, ...]] = {"price": ("open", "high", "low", "close"), "volume": ("volume",)}
    if funding is not None:
        columns["funding_rate"] = np.array([funding.get(i, 0.0) for i in range(len(bars))])
        roles["funding"] = ("funding_rate",)
    time = START_NS + np.arange(len(bars), dtype=np.int64) * minutes * MINUTE_NS
    return Market(symbol, minutes, time, columns, roles)


def flat_bar(price: float) -> tuple[float, float, float, float]:
    """A bar that never moves."""
    return (price, price, price, price)


def decisions_of(bars: int, rows: Mapping[int, Mapping[str, float]], symbol: str = "TESTUSDT") -> Decisions:
    """Decisions that are off but for ``rows``: bar -> column -> value."""
    values = np.zeros((bars, len(DECISION_COLUMNS)))
    values[:, DECISION_COLUMNS.index("size")] = 1.0
    for bar, row in rows.items():
        for name, value in row.items():
            values[bar, DECISION_COLUMNS.index(name)] = value
    return Decisions(symbol, values)
