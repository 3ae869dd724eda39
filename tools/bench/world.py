"""Generated candles and copies of the example, made by the product's own commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def synth(folder: Path, days: int, symbols: Sequence[str] = (), seed: int = 1) -> None:
    """Writes ``SYMBOL-5m.parquet`` for six symbols, or for ``symbols``."""
    chosen = [part for symbol in symbols for part in ("--symbol", symbol)]
    _mendel("data", "synth", str(folder), "--days", str(days), "--seed", str(seed), *chosen)


def example(folder: Path, days: int, symbols: Sequence[str] = ()) -> Path:
    """A copy of examples/squeeze in ``folder`` with candles."""
    ignored = shutil.ignore_patterns("__pycache__", ".mendel", ".pytest_cache", "out", "data")
    shutil.copytree(ROOT / "examples" / "squeeze", folder, ignore=ignored)
    synth(folder / "data", days, symbols)
    return folder


@contextmanager
def cores(count: int) -> Iterator[int]:
    """Hold this process, and those that it starts, to ``count`` cores; how many it really has."""
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, sorted(before)[:count])
        yield min(count, len(before))
    finally:
        os.sched_setaffinity(0, before)


def _mendel(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "mendel", *arguments], check=True, capture_output=True, cwd=ROOT)
