"""The generated markets that mutants are judged on: perpetuals with a spot price beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lab.worlds import generate_world
from tools.contracts import Floats, Market
from tools.market import save_market

DAYS, SEED = 30, 5
SYMBOLS = ("BTC", "SOL", "DOGE", "TON")


def write_candles(
    folder: Path, *, days: int = DAYS, seed: int = SEED, symbols: tuple[str, ...] = SYMBOLS
) -> str:
    """Writes one file a symbol and returns the glob that names them."""
    folder.mkdir(parents=True, exist_ok=True)
    for market in generate_world(days=days, seed=seed, symbols=symbols).markets.values():
        save_market(with_spot(market, seed), folder / f"{market.symbol}-5m.parquet")
    return f"{folder}/*.parquet"


def with_spot(market: Market, seed: int) -> Market:
    """The market with ``spot_close``: the close less a premium that wanders around zero within some tenths of a percent,
    and pays for it in the funding rate."""
    rng = np.random.default_rng([seed, sum(market.symbol.encode())])
    premium = _wander(rng.standard_normal(len(market)), keep=0.98, scale=2e-4)
    close = market.columns["close"]
    return market.with_columns({"spot_close": close / (1.0 + premium)})


def _wander(noise: Floats, *, keep: float, scale: float) -> Floats:
    out = np.empty_like(noise)
    level = 0.0
    for i in range(len(noise)):
        level = keep * level + scale * noise[i]
        out[i] = level
    return out
