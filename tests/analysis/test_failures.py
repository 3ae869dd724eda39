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


#: A busy bar every 150; for 12 bars the price rises by 12 bps each, for the next 40 it falls by 5.
def staged(folder: Path, seed: int) -> str:
    import numpy as np

    from tools.contracts import Market
    from tools.market import save_market

    n, rng = 9000, np.random.default_rng(seed)
    since = np.arange(n) % 150
    drift = np.where((since > 0) & (since <= 12), 12e-4, np.where((since > 12) & (since <= 52), -5e-4, 0.0))
    close = 100 * np.exp(np.cumsum(drift + rng.normal(0, 6e-4, n)))
    start = np.concatenate([[100.0], close[:-1]])
    wide = 1 + np.abs(rng.normal(0, 3e-4, n))
    columns = {"open": start, "high": np.maximum(start, close) * wide, "low": np.minimum(start, close) / wide,
               "close": close, "volume": np.where(since == 0, 5000.0, rng.uniform(90, 110, n))}  # fmt: skip
    time = np.int64(1_735_689_600_000_000_000) + np.arange(n, dtype=np.int64) * 300_000_000_000
    roles = {"price": ("open", "high", "low", "close"), "volume": ("volume",)}
    folder.mkdir(exist_ok=True)
    save_market(Market("AAAUSDT", 5, time, columns, roles), folder / "AAAUSDT-5m.parquet")
    return f"{folder}/*.parquet"


STAGED = """
import pandas as pd


def signals(bars):
    busy = bars["volume"] > 10 * bars["volume"].rolling(100).median()
    out = pd.DataFrame(index=bars.index)
    out["{side}"] = busy.shift({wait}, fill_value=False).astype(float)
    out["max_bars"] = {hold}
    return out
"""


@pytest.mark.parametrize(
    ("side", "wait", "hold", "verdict"),
    [
        ("enter_long", 0, 45, "exits_late"),
        ("enter_long", 0, 4, "exits_early"),
        ("enter_short", 0, 10, "entries_opposite"),
        ("enter_long", 60, 20, "entries_wrong"),
    ],
)
def test_entries_and_exits_are_told_apart(
    side: str, wait: int, hold: int, verdict: str, make_system: Callable[..., Path], tmp_path: Path
) -> None:
    folder = make_system(STAGED.format(side=side, wait=wait, hold=hold))
    with Workbench(folder, data=staged(tmp_path / "staged", 3)) as bench:
        found = failures_of(bench.study())
    told = found["entries_or_exits"]
    assert told["verdict"] == verdict
    assert told["n"] == found["n"] > 40
    assert all(row["n"] > 0 and row["held"] in (True, False) for row in told["after_entry"])
    for kind in ("weekday", "preceding_move", "preceding_volume", "preceding_trade", "holding", "excursion"):
        rows = found["groups"][kind]
        assert sum(row["n"] for row in rows) == found["n"]
        assert {row["known"] for row in rows} == {
            "afterwards" if kind in ("holding", "excursion") else "at entry"
        }


def test_a_losing_hour_is_stated_with_its_count_and_its_later_half(
    make_system: Callable[..., Path], bench: Callable[..., Workbench]
) -> None:
    found = failures_of(bench(make_system(HOURS)).study())
    for said in found["statements"]:
        assert said["n"] >= 20
        assert said["mean_bps"] < 0
        assert said["held"] in (True, False, None)
        assert str(said["n"]) in said["text"]
    assert found["entries_or_exits"]["n"] == found["n"]
