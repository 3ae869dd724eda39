"""Same decisions, same trades: vectorbt and backtesting.py agree with the simulator, where they are installed.

They live in an environment of their own (``make rivals``): their licences keep them out of the product's. CI builds it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.bench.parity import CASES

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = tuple(ROOT / name / "bin" / "python" for name in (".venv-rivals", ".venv-bench"))
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    python = next((path for path in PYTHONS if path.is_file()), Path(sys.executable))
    command = [str(python), "-m", "tools.bench.parity"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if run.returncode == 2 and '"missing"' in run.stdout:
        pytest.skip("neither vectorbt nor backtesting.py is installed: make rivals")
    assert run.returncode in (0, 1), run.stderr
    document: dict[str, Any] = json.loads(run.stdout)
    return document


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_same_trades(case: Any, answers: dict[str, Any]) -> None:
    asked = answers["cases"][case.name]
    assert set(asked) == set(case.rivals) - set(answers["missing"])
    for name, answer in asked.items():
        assert answer["same_trades"], (name, answer)
        assert answer["trades"] >= 20
        assert answer["ambiguous_bars"] == 0


def test_the_cases_end_for_every_reason_that_they_are_about(answers: dict[str, Any]) -> None:
    ended = {
        reason for rows in answers["cases"].values() for row in rows.values() for reason in row["ended_by"]
    }
    assert ended >= {"signal", "stop", "target", "trail", "time"}
