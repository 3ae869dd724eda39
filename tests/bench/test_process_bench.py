"""The benchmark of bots that are called bar by bar runs, small, and counts what it says."""

from __future__ import annotations

import pytest

from tools.bench.process import STRATEGIES, bench_process

pytestmark = pytest.mark.sandbox


def test_every_bot_is_asked_about_every_bar() -> None:
    found = bench_process(bars=700, rounds=1)
    assert found.keys() == STRATEGIES.keys()
    for name, row in found.items():
        assert row["bars"] == 700 and row["bars_per_second_best"] >= row["bars_per_second_median"] > 0, name
        assert (row["trades"] > 3) == (name == "table_and_orders")
