"""Small candles, made once; a cycle that waits for approval, run once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_kit import make_tiny, mendel


@pytest.fixture(scope="session")
def small_candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve days of ETHUSDT and TONUSDT, as ``mendel data synth`` writes them."""
    folder = tmp_path_factory.mktemp("small") / "data"
    done = mendel(
        "data", "synth", folder, "--days", 12, "--symbol", "ETHUSDT", "--symbol", "TONUSDT", "--json"
    )
    assert done.code == 0 and len(done.document["files"]) == 3, done.err
    return folder


@pytest.fixture
def tiny(tmp_path: Path, small_candles: Path) -> Callable[..., Path]:
    """Makes the small system; ``rules`` replaces its strategy."""

    def make(rules: str | None = None, name: str = "tiny", *, data: bool = True) -> Path:
        candles = small_candles if data else None
        return (
            make_tiny(tmp_path / name, candles)
            if rules is None
            else make_tiny(tmp_path / name, candles, rules)
        )

    return make


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory, small_candles: Path) -> tuple[Path, dict[str, object]]:
    """The system after ``mendel evolve --json`` without a person: its patch waits. And the document."""
    folder = make_tiny(tmp_path_factory.mktemp("judged") / "tiny", small_candles)
    done = mendel("evolve", folder, "--json")
    assert done.code == 0, done.err
    return folder, done.document


@pytest.fixture
def waiting(tmp_path: Path, judged: tuple[Path, dict[str, object]]) -> Path:
    """A copy of the system whose patch waits for approval."""
    return Path(shutil.copytree(judged[0], tmp_path / "waiting"))
