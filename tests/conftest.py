"""Fixtures that several rooms share: a small generated market, and systems to work on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tools.analysis.workbench import Workbench

ROOT = Path(__file__).resolve().parents[1]
SYSTEMS = ROOT / "tests" / "systems"
WORLD_DAYS = 40
TOML = """
[strategy]
kind = "signals"
target = "strategy:signals"
{params}

[data]
path = "{data}"

[vault]
from = 0.1

[cycle]
claims = 0
enhancements = 0
tuning_trials = 0
"""


@pytest.fixture(scope="session")
def candles(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A glob of six generated symbols, 40 days of 5 minutes, with flow, open interest and funding."""
    from lab.worlds import generate_world, write_world

    folder = tmp_path_factory.mktemp("candles")
    write_world(generate_world(days=WORLD_DAYS, seed=11), folder)
    return f"{folder}/*.parquet"


@pytest.fixture
def held_out(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a system of tests/systems, or of the example, without its answer."""

    def copy(name: str) -> Path:
        source = ROOT / "examples" / name if name == "squeeze" else SYSTEMS / name
        folder = tmp_path / name
        ignored = shutil.ignore_patterns("__pycache__", "truth.json", ".mendel", ".pytest_cache", "out")
        shutil.copytree(source, folder, ignore=ignored)
        return folder

    return copy


@pytest.fixture
def make_system(tmp_path: Path, candles: str) -> Callable[..., Path]:
    """A system of one file, ``strategy.py`` with ``signals``; ``params`` names its config class."""

    def make(source: str, *, params: str | None = None, **files: str) -> Path:
        folder = tmp_path / "system"
        folder.mkdir()
        line = f'params = "strategy:{params}"' if params else ""
        (folder / "mendel.toml").write_text(TOML.format(params=line, data=candles), encoding="utf-8")
        (folder / "strategy.py").write_text(dedent(source), encoding="utf-8")
        for name, text in files.items():
            path = folder / (name.replace("__", "/") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        return folder

    return make


@pytest.fixture
def bench(candles: str) -> Iterator[Callable[..., Workbench]]:
    """Opens workbenches on systems, and closes them."""
    opened: list[Workbench] = []

    def open_bench(folder: Path, symbols: list[str] | None = None) -> Workbench:
        opened.append(Workbench(folder, data=candles, symbols=symbols))
        return opened[-1]

    yield open_bench
    for workbench in opened:
        workbench.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers, the files that hold slow tests go first, so that no worker is left alone with one at the end.
    A single worker runs the fast ones first."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    first = bool(config.getoption("numprocesses", None)) or hasattr(config, "workerinput")
    items.sort(key=lambda item: (item.path in slow) != first)
