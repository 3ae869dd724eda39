"""The benchmark runs and its ratio is what it says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sandbox.host.bench import bench_sandbox
from sandbox.host.bench_more import bench_cost, bench_soak, bench_stepped

pytestmark = pytest.mark.sandbox


def test_the_sandbox_is_faster_than_a_subprocess() -> None:
    found = bench_sandbox(Path(sys.executable), bars=2_000, evaluations=5, subprocesses=1)
    assert found["ratio"] == pytest.approx(found["subprocess_seconds"] / found["sandbox_seconds"])
    assert found["ratio"] > 3


def test_what_else_it_costs() -> None:
    python = Path(sys.executable)
    cost = bench_cost(python, bars=500, evaluations=20)
    assert cost["plain_fork_cpu_ms"] > 0 and cost["cpu_ms_over_plain_fork"] < 100
    assert cost["per_second_two_zygotes"] > 0 and 10 < cost["zygote_rss_mb"] < 500
    stepped = bench_stepped(python, bars=2_000, rounds=1)
    assert 0 < stepped["cpu_us_a_bar"] < 1_000 and stepped["us_a_bar_best"] < 5_000


def test_a_long_run_grows_nothing() -> None:
    found = bench_soak(Path(sys.executable), evaluations=60, bars=300)
    assert found["descriptors_last"] == found["descriptors_first"]
    assert found["zygote_mb_last"] < found["zygote_mb_first"] + 2
    assert found["host_mb_last"] < found["host_mb_first"] + 20
