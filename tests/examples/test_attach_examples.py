"""Every example, copied elsewhere without its mendel.toml and data, attaches from nothing and is backtested."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from warm_command import WarmCommand

from lab.worlds import generate_world, write_world

ROOT = Path(__file__).parents[2]
WARM = WarmCommand({**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"})
EXAMPLES = ROOT / "examples"
NAMES = sorted(
    folder.name for folder in EXAMPLES.iterdir() if folder.is_dir() and not folder.name.startswith((".", "_"))
)
#: Name -> (kind, target, what its decisions certainly read).
WANTED = {
    "backtesting_cross": ("backtesting", "cross:FilteredCross", {"close"}),
    "command_script": ("command", "python backtest.py", None),
    "freqtrade_swing": ("freqtrade", "user_data.strategies.swing:Swing", {"close", "volume"}),
    "process_bot": ("process", "process_bot.bot:TrendBot", {"close", "volume"}),
    "squeeze": ("signals", "squeeze_bot.strategy:signals", {"close", "volume", "taker_buy_volume"}),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two symbols, 20 days of 5 minutes."""
    folder = tmp_path_factory.mktemp("world")
    write_world(generate_world(days=20, symbols=["BTCUSDT", "ETHUSDT"], seed=5), folder)
    return folder


def mendel(*arguments: object) -> Any:
    """The document of the real command."""
    code, out, err = WARM.run([str(argument) for argument in arguments], None, 300.0, "")
    assert code == 0, err[-2000:]
    return json.loads(out)


def test_every_example_is_wanted() -> None:
    assert set(NAMES) == set(WANTED)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_attaches_from_nothing_and_is_backtested(name: str, tmp_path: Path, world: Path) -> None:
    ignored = shutil.ignore_patterns("mendel.toml", "__pycache__", ".mendel", "data", "out", ".*_cache")
    folder = shutil.copytree(EXAMPLES / name, tmp_path / "a bot", ignore=ignored)
    kind, target, reads = WANTED[name]
    found = mendel("attach", folder, "--yes", "--json")
    dry = found["dry"]
    assert (found["kind"], found["target"], dry["status"], dry["synthetic"]) == (kind, target, "ok", True), (
        dry
    )
    assert dry["trades"] > 0 and dry["bars"] > 1000 and not dry["missing"]["modules"] and found["stubs"] == []
    if reads is not None:
        assert reads <= set(dry["columns_read"]) and sum(dry["decisions"].values()) > 0
    shutil.copytree(world, folder / "data")
    found = mendel("attach", folder, "--yes", "--force", "--no-dry-run", "--json")
    assert found["data"] == ["data/*.parquet"] and found["dry"] is None
    result = mendel("backtest", folder, "--json")
    assert set(result["symbols"]) == {"BTCUSDT", "ETHUSDT"}
