"""The benchmark runs and says what it could not compare (tests/backtest/test_parity.py compares)."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import pytest

from tools.bench import kernel


def test_the_benchmark_prints_one_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    missing = [name for name in kernel.RIVALS if importlib.util.find_spec(name) is None]
    assert kernel.main(["--bars", "2000", "--repeat", "1", "--sets", "3"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert answer["missing"] == missing
    assert answer["times_the_kernel"]["kernel"] == 1.0
    assert all(value > 0 for value in answer["milliseconds"].values())
    assert answer["sweep"]["sets"] == 3 and answer["sweep"]["cpu_seconds"]["kernel"] > 0
    assert answer["ratios"]["every_feature_in_numpy_passes"] > 0
    assert answer["trades"] > 10 and answer["trades_every_feature"] > answer["trades"]
