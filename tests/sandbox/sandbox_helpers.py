"""Bundles written by hand and bars, for the tests of the sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sandbox.host.contracts import Evaluation

BARS = 400
FIELDS = (
    "enter_long",
    "exit_long",
    "enter_short",
    "exit_short",
    "size",
    "stop",
    "target",
    "trail",
    "max_bars",
)
MEAN = """
import pandas as pd
def decide(bars):
    out = pd.DataFrame(index=bars.index)
    out["enter_long"] = bars["close"] > bars["close"].rolling(20).mean()
    out["exit_long"] = ~out["enter_long"]
    return out
"""

BundleMaker = Callable[..., str]
Asker = Callable[..., Evaluation]


def write_bundle(store: Path, files: dict[str, str]) -> str:
    """A bundle under its hash; readable by every user, as the sandbox's uid must be."""
    name = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
    for path, text in files.items():
        target = store / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return name


def make_bars(n: int = BARS, seed: int = 7) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Five-minute bars: times and the columns open, close, volume."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    time = 1_700_000_000_000_000_000 + np.arange(n, dtype=np.int64) * 300_000_000_000
    return time, {"open": np.roll(close, 1), "close": close, "volume": rng.gamma(2.0, 10.0, n)}
