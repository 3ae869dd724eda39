"""Another future for the same past."""

from __future__ import annotations

import numpy as np

from tools.contracts import Market


def turned(market: Market, cut: int, factor: float = 1.25) -> Market:
    """The same past with the future's rows in reverse and prices times ``factor``: what the written test does, too, by 1.25."""
    columns = {n: np.concatenate([v[:cut], v[cut:][::-1]]) for n, v in market.columns.items()}
    for name in market.columns_of("price"):
        columns[name][cut:] *= factor
    return market.with_columns(columns)
