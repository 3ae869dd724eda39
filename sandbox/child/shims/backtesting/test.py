"""The names of backtesting.test that strategies import. Its sample prices are not here: the tables are empty."""

from __future__ import annotations

from typing import Any

import pandas as pd


def SMA(arr: Any, n: int) -> Any:  # noqa: N802 - its name
    """Mean of the last ``n`` values; NaN for the first ``n - 1``. A pandas Series."""
    return pd.Series(arr).rolling(n).mean()


def _empty() -> Any:
    columns = {name: pd.Series(dtype=float) for name in ("Open", "High", "Low", "Close", "Volume")}
    return pd.DataFrame(columns, index=pd.DatetimeIndex([]))


GOOG, EURUSD, BTCUSD = _empty(), _empty(), _empty()
