"""A small healthy system that follows momentum, with a score out of three, on hourly bars."""

from __future__ import annotations

from pathlib import Path

from lab.worlds import generate_world, write_world

CONFIG = '''"""Settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Bars are hours."""

    fast: int = 6
    cut: float = 2.5
    hold: int = 6
'''
SCORING = '''"""How much speaks for either side, out of three."""

from __future__ import annotations

import pandas as pd

from follow.config import Settings


def scores(bars: pd.DataFrame, params: Settings) -> tuple[pd.Series, pd.Series]:
    """Points for a long and for a short."""
    close = bars["close"]
    move, mean = close.diff(params.fast), close.rolling(4 * params.fast).mean()
    long = 1.0 * (move > 0) + 1.0 * (close > mean) + 1.0 * (close > bars["open"])
    short = 1.0 * (move < 0) + 1.0 * (close < mean) + 1.0 * (close < bars["open"])
    return long, short
'''
STRATEGY = '''"""Enters where the score reaches the cut, leaves by time."""

from __future__ import annotations

import pandas as pd

from follow.config import Settings
from follow.scoring import scores


def signals(bars: pd.DataFrame, params: Settings) -> pd.DataFrame:
    """Decisions at the close of each bar."""
    long, short = scores(bars, params)
    out = pd.DataFrame(index=bars.index)
    out["enter_long"] = (long >= params.cut).astype(float)
    out["exit_long"] = 0.0
    out["enter_short"] = (short >= params.cut).astype(float)
    out["exit_short"] = 0.0
    out["max_bars"] = float(params.hold)
    return out
'''
TOML = """[system]
name = "follow"
editable = ["follow/**/*.py"]

[strategy]
kind = "signals"
target = "follow.strategy:signals"
params = "follow.config:Settings"

[data]
path = "data/*.parquet"
timeframe = "1h"

[costs]
fee_bps = { maker = 0.0, taker = 1.0 }
slippage_bps = 0.0
funding = false

[vault]
from = 0.2
"""


def follow(folder: Path, *, days: int, symbols: list[str], seed: int = 1, strength: float = 0.0) -> Path:
    """The system with a world in which the price returns to its point of control with ``strength`` and nothing else is true."""
    package = folder / "follow"
    package.mkdir(parents=True)
    for name, text in (("__init__", ""), ("config", CONFIG), ("scoring", SCORING), ("strategy", STRATEGY)):
        (package / f"{name}.py").write_text(text or '"""Follows."""\n', encoding="utf-8")
    (folder / "mendel.toml").write_text(TOML, encoding="utf-8")
    nothing = {"divergence": 0.0, "oi_squeeze": 0.0, "session": 0.0, "trend": 0.0}
    effects = {**nothing, "volume_profile": strength}
    world = generate_world(days=days, symbols=symbols, seed=seed, effects=effects, timeframe_minutes=60)
    write_world(world, folder / "data")
    return folder
