"""Markets that never were: wild, rising, falling, and dead. What no market can bring about is a rule that cannot come true.

They keep the times and columns of a real one and are valid (high >= low, amounts >= 0, rates as fractions), but reach far
beyond it, so that filters against bad data and rules for a crisis come true on one of them.
"""

from __future__ import annotations

import numpy as np

from tools.contracts import Floats, Market

BARS = 3000
KINDS = ("wild", "rising", "falling", "dead")


def stress_markets(market: Market) -> dict[str, Market]:
    """One market of each kind, at most BARS long, under its kind's name."""
    base = market.cut(0, min(BARS, len(market)))
    return {kind: _made(base, kind) for kind in KINDS}


def _made(base: Market, kind: str) -> Market:
    rng = np.random.default_rng(len(base))
    n = len(base)
    factor = _path(rng, n, kind)
    columns = dict(base.columns)
    columns |= _prices(rng, base, factor, kind)
    for name in base.columns_of("volume", "quote_volume"):
        columns[name] = _amounts(rng, base.columns[name], kind)
    for name in base.columns_of("flow"):
        columns[name] = _flow(rng, base, name, columns, kind)
    for name in base.columns_of("cumulative"):
        columns[name] = np.cumsum(rng.standard_normal(n) * float(np.nanstd(base.columns[name]) + 1.0))
    for name in base.columns_of("open_interest"):
        columns[name] = _interest(rng, base.columns[name], kind)
    for name in base.columns_of("funding"):
        columns[name] = np.where(base.columns[name] == 0, 0.0, rng.normal(0.0, 0.02, n))
        if kind == "dead":
            columns[name] = np.full(n, np.nan)
    return base.with_columns(columns)


def _path(rng: np.random.Generator, n: int, kind: str) -> Floats:
    """The close relative to its start."""
    if kind == "dead":
        return np.ones(n)
    drift = {"wild": 0.0, "rising": 0.002, "falling": -0.002}[kind]
    steps = drift + rng.standard_t(3, n) * np.where(np.arange(n) // 250 % 2 == 0, 0.004, 0.0005)
    jumps = (rng.random(n) < 0.004) * rng.choice([-0.9, 0.9], n)
    steps = steps + (jumps if kind == "wild" else 0.0)
    level = np.cumsum(steps - (steps.mean() if kind == "wild" else 0.0))
    return np.asarray(np.exp(np.clip(level, -8.0, 8.0)))


def _prices(rng: np.random.Generator, base: Market, factor: Floats, kind: str) -> dict[str, Floats]:
    start = float(base.columns["close"][0])
    close = start * factor
    opened = np.concatenate([close[:1], close[:-1]])
    if kind == "wild":  # the open need not be the last close
        opened = opened * np.exp(np.where(rng.random(len(close)) < 0.01, rng.normal(0, 0.1, len(close)), 0.0))
    wick = np.abs(rng.standard_t(3, (2, len(close)))) * (0.0 if kind == "dead" else 0.002)
    made = {
        "open": opened,
        "high": np.maximum(opened, close) * (1.0 + wick[0]),
        "low": np.minimum(opened, close) / (1.0 + wick[1]),
        "close": close,
    }
    for name in base.columns_of("price"):
        if name not in made:
            spread = 0.0 if kind == "dead" else 0.05
            made[name] = close * np.exp(rng.normal(0.0, spread, len(close)))
    return made


def _amounts(rng: np.random.Generator, values: Floats, kind: str) -> Floats:
    if kind == "dead":
        return np.zeros(len(values))
    usual = float(np.nanmedian(values)) or 1.0
    return np.asarray(usual * np.exp(rng.normal(0.0, 3.0, len(values))))


def _flow(rng: np.random.Generator, base: Market, name: str, made: dict[str, Floats], kind: str) -> Floats:
    """Long spells of buying only and of selling only. What is a part of the volume stays one."""
    n = len(base)
    share = np.where(np.arange(n) // 40 % 2 == 0, 1.0, 0.0)
    share = np.where(rng.random(n) < 0.5, share, rng.random(n))
    volumes = base.columns_of("quote_volume" if "quote" in name.lower() else "volume")
    total = made[volumes[0]] if volumes else np.ones(n)
    signed = bool(np.nanmin(base.columns[name]) < 0)
    return np.asarray(total * (2.0 * share - 1.0 if signed else share))


def _interest(rng: np.random.Generator, values: Floats, kind: str) -> Floats:
    if kind == "dead":
        return np.full(len(values), np.nan)
    start = float(np.nanmedian(values)) or 1.0
    steps = rng.standard_t(3, len(values)) * 0.01
    level = np.cumsum(steps - steps.mean())
    return np.asarray(start * np.exp(np.clip(level, -4.0, 4.0)))
