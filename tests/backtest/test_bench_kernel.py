"""The benchmark runs and says what it could not compare; with the rivals installed it checks parity."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import numpy as np
import pytest

from tools.backtest.simulate import simulate
from tools.bench import kernel


def test_the_benchmark_prints_one_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    missing = [name for name in kernel.RIVALS if importlib.util.find_spec(name) is None]
    if not missing:
        pytest.skip("the rivals are installed: see the parity test")
    assert kernel.main(["--bars", "2000", "--repeat", "1"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert answer["missing"] == missing
    assert answer["times_the_kernel"]["kernel"] == 1.0
    assert all(value > 0 for value in answer["milliseconds"].values())
    assert answer["trades"] > 10 and answer["trades_every_feature"] > answer["trades"]


@pytest.mark.parametrize("name", kernel.RIVALS)
def test_parity_on_a_long_only_cross(name: str) -> None:
    rival = pytest.importorskip(name)
    case = kernel.make_case(5_000, seed=2)
    ours = simulate(case.market, case.decisions, kernel.COSTS, initial_cash=kernel.CASH)
    theirs, final = kernel._ADAPTERS[name](rival, case)
    mine = kernel._closed(ours)
    assert len(mine) > 40
    assert [trade[:2] for trade in mine] == [trade[:2] for trade in theirs]
    np.testing.assert_allclose([t[2:] for t in mine], [t[2:] for t in theirs], rtol=1e-12)
    assert final == pytest.approx(float(ours.equity[-1]), rel=1e-5)
