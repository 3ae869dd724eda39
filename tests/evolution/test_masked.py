"""A second fixed number, hidden behind the first, is no reason to refuse the repair of the first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.contracts import PatchStatus
from tools.evolution.system_evolution import SystemEvolution

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

SOURCE = """
import pandas as pd


def signals(bars):
    close, turnover = bars["close"], bars["volume"] * bars["close"]
    z = (close - close.rolling(48).mean()) / close.rolling(48).std()
    liquid = turnover.rolling(12).mean() > 400_000.0
    deep = turnover.rolling(96).max() > 60_000.0
    out = pd.DataFrame(index=bars.index)
    out["enter_long"] = ((z < -1.5) & liquid & deep).astype(float)
    out["exit_long"] = (z > 0).astype(float)
    out["stop"] = 0.02
    return out
"""


def test_both_numbers_are_repaired_one_after_the_other(
    make_system: Callable[..., Path], candles: str
) -> None:
    folder = make_system(SOURCE)
    with SystemEvolution(folder, data=candles) as evolution:
        fixes = evolution.fix_bugs_safely(exposure=True)
    assert [f.status for f in fixes] == [PatchStatus.APPLIED] * len(fixes), [f.gates for f in fixes]
    text = (folder / "strategy.py").read_text(encoding="utf-8")
    assert "400_000" not in text
    assert "60_000" not in text
