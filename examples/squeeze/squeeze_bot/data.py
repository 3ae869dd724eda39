"""Candles from disk."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def symbol_of(path: Path) -> str:
    """``TONUSDT`` for ``TONUSDT-5m.parquet``."""
    return path.stem.split("-")[0]


def load_bars(path: Path) -> pd.DataFrame:
    """Bars of one symbol with an unnamed UTC DatetimeIndex, oldest first."""
    frame = pd.read_parquet(path)
    if not isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.set_index("timestamp")
    frame.index = pd.to_datetime(frame.index, utc=True).rename(None)
    return frame.sort_index().select_dtypes("number").astype(float)
