"""Where losses sit: by regime, too, with counts that add up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.analysis.failures import failures_of
from tools.analysis.workbench import Workbench
from tools.market.regimes import DIMENSIONS

pytestmark = pytest.mark.sandbox

#: Long from 09:00 to 10:00 UTC and from 15:00 to 16:00: only Europe and America can be told.
HOURS = """
import pandas as pd


def signals(bars):
    out = pd.DataFrame(index=bars.index)
    on_the_hour = bars.index.minute == 0
    out["enter_long"] = (bars.index.hour.isin([9, 15]) & on_the_hour).astype(float)
    out["exit_long"] = (bars.index.hour.isin([10, 16]) & on_the_hour).astype(float)
    return out
"""


def test_losses_are_told_by_regime(make_system: Callable[..., Path], bench: Callable[..., Workbench]) -> None:
    study = bench(make_system(HOURS)).study()
    found = failures_of(study)
    groups = found["groups"]
    assert found["n"] > 300
    for kind in ("regime", *DIMENSIONS):
        assert sum(row["n"] for row in groups[kind]) == found["n"]
        total = sum(row["n"] * row["mean_bps"] for row in groups[kind]) / found["n"]
        assert total == pytest.approx(found["mean_bps"])
    assert {row["group"]: row["n"] for row in groups["session"]} == {
        "europe": next(r["n"] for r in groups["hour_utc"] if r["group"] == "09"),
        "us": next(r["n"] for r in groups["hour_utc"] if r["group"] == "15"),
    }
    assert all(row["held"] in (True, False) for row in groups["session"])
    thin = [row for row in groups["regime"] if row["n"] < 20]
    assert thin and all(row["held"] is None for row in thin)
