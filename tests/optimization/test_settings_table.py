"""Settings that are a table at the top of a module: read as any other, written back into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.analysis.workbench import Workbench
from tools.market.save import save_market
from tools.optimization.space import SpaceError, settings_place, space_of
from tools.optimization.tuning import TuningError, tuned_source, tuning_patch

SOURCE = '''
"""Settings."""

OTHER = {"fast": 1}
CONFIG: dict[str, float] = {
    "fast": 8,  # bars
    "floor": 0.5,
    "name": "x",
    **OTHER,
    "on": True,
}


def signals(bars, config):
    CONFIG = {"fast": 3}
    bars["enter_long"] = bars["close"] > bars["close"].rolling(config["fast"]).mean()
    return bars
'''
TOML = """
[strategy]
kind = "signals"
target = "rules:signals"
params = "rules:CONFIG"

[data]
path = "A-5m.parquet"
"""


def test_only_the_table_is_written() -> None:
    written = tuned_source(SOURCE, "CONFIG", {"fast": 13, "on": False})
    assert written == SOURCE.replace('"fast": 8,', '"fast": 13,').replace('"on": True', '"on": False')
    with pytest.raises(TuningError, match="no plain default of slow"):
        tuned_source(SOURCE, "CONFIG", {"slow": 1})


@pytest.mark.sandbox
def test_it_is_searched_and_patched(tmp_path: Path) -> None:
    from lab.worlds import generate_world

    market = next(iter(generate_world(days=5, seed=1).markets.values()))
    save_market(market, tmp_path / "A-5m.parquet")
    (tmp_path / "rules.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "mendel.toml").write_text(TOML, encoding="utf-8")
    with Workbench(tmp_path) as bench:
        study = bench.study()
        space = space_of(study)
        assert space.defaults == {"fast": 8, "floor": 0.5, "on": True}
        assert space.skipped == {"name": "its default is no plain number"}
        patch = tuning_patch(study, space, {"fast": 13}, "why")
        assert patch is not None and '+    "fast": 13,  # bars' in patch.diff
        with pytest.raises(SpaceError, match="a table has no place for a new setting"):
            settings_place(study)
