"""IntelligentOptimizer on a small system, through the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.worlds import generate_world, write_world
from memory.store import STORE_NAME, Store
from memory.trials import Trials
from tools.optimization.optimizer import IntelligentOptimizer
from tools.optimization.space import SpaceError

CODE = '''"""Momentum with a stop."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Cfg:
    """Bars are hours."""

    fast: int = 6
    stop: float = 0.02
    both: bool = True
    label: str = "x"
    shift: float = 0.0


def signals(bars: pd.DataFrame, params: Cfg) -> pd.DataFrame:
    """Decisions."""
    move = bars["close"].diff(params.fast)
    if params.fast == 13:
        raise ValueError("unlucky")
    out = pd.DataFrame(index=bars.index)
    out["enter_long"] = 1.0 * ((move > 0) & (move.shift(1) <= 0))
    out["exit_long"] = 1.0 * (move < 0)
    out["enter_short"] = (1.0 if params.both else 0.0) * ((move < 0) & (move.shift(1) >= 0))
    out["exit_short"] = 1.0 * (move > 0)
    out["stop"] = params.stop
    return out
'''
TOML = """[strategy]
kind = "signals"
target = "rules:signals"
params = "rules:Cfg"

[data]
path = "data/*.parquet"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("optimizer") / "momentum"
    home.mkdir()
    (home / "rules.py").write_text(CODE, encoding="utf-8")
    (home / "mendel.toml").write_text(TOML, encoding="utf-8")
    write_world(generate_world(days=60, symbols=["ETH", "SOL"], timeframe_minutes=60), home / "data")
    return home


@pytest.fixture
def optimizer(folder: Path) -> Iterator[IntelligentOptimizer]:
    with IntelligentOptimizer(folder, params=["fast=2..24", "stop"]) as opened:
        yield opened


def test_ranges_come_from_the_source(folder: Path) -> None:
    with IntelligentOptimizer(folder) as everything:
        kinds = {p.name: p.kind for p in everything.space.params}
        assert kinds == {"fast": "int", "stop": "float", "both": "bool"}
        assert set(everything.space.skipped) == {"label", "shift"}
    with pytest.raises(SpaceError, match="no setting nope"):
        IntelligentOptimizer(folder, params=["nope"])
    with pytest.raises(SpaceError, match=r"give one as name=low\.\.high"):
        IntelligentOptimizer(folder, params=["shift"])
    with pytest.raises(SpaceError, match="low below high"):
        IntelligentOptimizer(folder, params=["fast=9..2"])


def test_a_search_counts_truly_and_goes_on_where_it_was(
    folder: Path, optimizer: IntelligentOptimizer
) -> None:
    with Store(folder / ".mendel" / STORE_NAME) as store:
        before = Trials(store).count("development")
    found = optimizer.bayesian_optimization(trials=24)
    assert found["trials"] == 24
    with Store(folder / ".mendel" / STORE_NAME) as store:
        assert Trials(store).count("development") - before == 24
    keys = [s.key for s in optimizer.search.seen]
    assert len(keys) == len(set(keys))
    assert found["best"]["value"] >= found["base"]["value"]
    assert found["plateau"]["value"] <= found["best"]["value"]
    assert found["surrogate_error"]["n"] > 0
    assert set(found["importance"] or {"fast", "stop"}) == {"fast", "stop"}
    guess = optimizer.predict_performance({"fast": 8})
    assert guess["n"] >= 8 and guess["sd"] >= 0
    again = optimizer.bayesian_optimization(trials=2)
    assert (again["trials"], again["trials_ever"]) == (2, 26)


def test_duplicates_are_counted_and_never_run_again(folder: Path) -> None:
    with IntelligentOptimizer(folder, params=["both", "fast=5..6"]) as small:
        found = small.bayesian_optimization(trials=30)
        runs = small.evaluator.runs
        assert found["trials"] == 4  # 2 x 2 settings, and the space is used up
        assert found["duplicates"] > 0
        again = small.bayesian_optimization(trials=5)
        assert again["trials"] == 0
        assert small.evaluator.runs - runs <= 2  # the system's own settings, for the base


def test_other_code_is_another_study_that_starts_from_what_is_known(folder: Path) -> None:
    params = ["fast=3..9"]
    with IntelligentOptimizer(folder, params=params) as first:
        best = first.bayesian_optimization(trials=7)["best"]
    (folder / "rules.py").write_text(CODE + "\n# touched\n", encoding="utf-8")
    try:
        with IntelligentOptimizer(folder, params=params) as second:
            second.bayesian_optimization(trials=3)
            settings = [s.settings for s in second.search.seen]
    finally:
        (folder / "rules.py").write_text(CODE, encoding="utf-8")
    assert len(settings) == 3
    assert settings[0]["fast"] == 6  # the system's own first
    assert best["params"] in settings


def test_settings_that_fail_are_told_and_never_scored(folder: Path) -> None:
    with IntelligentOptimizer(folder, params=["fast=12..13"]) as search:
        found = search.bayesian_optimization(trials=3)
        assert found["failed"] == 1
        assert "unlucky" in search.test_combinations({"fast": 13})["alone"]["fast"]["why"]


def test_what_settings_do_together(optimizer: IntelligentOptimizer) -> None:
    found = optimizer.test_combinations({"fast": 12, "stop": 0.005})
    pair = found["pairs"][0]
    expected = (
        pair["score"]["value"]
        - found["alone"]["fast"]["value"]
        - found["alone"]["stop"]["value"]
        + found["base"]["value"]
    )
    assert pair["interaction"] == pytest.approx(expected)
    assert found["together"]["value"] == pair["score"]["value"]


def test_nothing_after_development_is_run(optimizer: IntelligentOptimizer) -> None:
    end = optimizer.segments.confirm_ns
    for parts in optimizer.evaluator.parts.values():
        assert all(int(m.time[-1]) < end for m in parts.values())
    assert end < optimizer.study.until_ns


def test_a_plateau_becomes_a_patch_of_numbers(optimizer: IntelligentOptimizer) -> None:
    optimizer.bayesian_optimization(trials=20)
    plateau = optimizer.plateau()
    patch, why = optimizer.patch(plateau)
    if patch is None:
        assert why
        return
    assert patch.kind.value == "tuning"
    assert patch.files == ("rules.py",)
    changed = [line for line in patch.diff.splitlines() if line[:1] == "+" and line[:3] != "+++"]
    assert all(line.strip("+ ").startswith(("fast", "stop")) for line in changed)
