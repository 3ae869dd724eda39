"""The benchmark runs and its ratio is what it says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sandbox.host.bench import bench_sandbox

pytestmark = pytest.mark.sandbox


def test_the_sandbox_is_faster_than_a_subprocess() -> None:
    found = bench_sandbox(Path(sys.executable), bars=2_000, evaluations=5, subprocesses=1)
    assert found["ratio"] == pytest.approx(found["subprocess_seconds"] / found["sandbox_seconds"])
    assert found["ratio"] > 3
