"""One warm sandbox and one bundle store for the whole folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_helpers import FIELDS, Asker, BundleMaker, make_bars, write_bundle

from sandbox.host.contracts import Evaluation, Limits, SandboxPlace
from sandbox.host.sandbox import Sandbox


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle store of this run."""
    folder = tmp_path_factory.mktemp("bundles")
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def place(store: Path) -> SandboxPlace:
    return SandboxPlace(store, Path(sys.executable))


@pytest.fixture(scope="session")
def bundle(store: Path) -> BundleMaker:
    """Make a bundle of ``strategy.py`` and whatever else (path -> text)."""

    def make(strategy: str | None = None, files: dict[str, str] | None = None) -> str:
        first = {"strategy.py": strategy} if strategy is not None else {}
        return write_bundle(store, first | (files or {}))

    return make


@pytest.fixture(scope="session")
def ask(bundle: BundleMaker) -> Asker:
    """An evaluation of ``strategy.decide`` (or another target) on the usual bars."""

    def make(
        strategy: str, *, target: str = "strategy:decide", params: str | None = None, **more: object
    ) -> Evaluation:
        time, columns = make_bars()
        usual: dict[str, object] = {
            "bundle": bundle(strategy),
            "adapter": "signals",
            "target": target,
            "params": params,
            "symbol": "TESTUSDT",
            "time": time,
            "columns": columns,
            "fields": FIELDS,
        }
        return Evaluation(**(usual | more))  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def box(place: SandboxPlace) -> Iterator[Sandbox]:
    """One warm sandbox with two zygotes and short limits."""
    limits = Limits(cpu_seconds=5, wall_seconds=8.0, memory_mb=512, processes=16)
    with Sandbox(place, limits=limits, zygotes=2) as sandbox:
        yield sandbox
