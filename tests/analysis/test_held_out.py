"""Systems that no rule was tuned to: the planted threshold is found at its place, and sound systems are left alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.analysis.detect import diagnose
from tools.analysis.silence.why import why_silent
from tools.analysis.workbench import Workbench

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
SYSTEMS = Path(__file__).resolve().parents[1] / "systems"
NAMES = sorted(p.parent.name for p in SYSTEMS.glob("*/truth.json"))


def truth(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((SYSTEMS / name / "truth.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", [n for n in NAMES if truth(n)["file"]])
def test_a_planted_threshold_is_convicted(
    name: str, held_out: Callable[[str], Path], bench: Callable[..., Workbench]
) -> None:
    folder = held_out(name)
    study = bench(folder).study()
    diagnosis = diagnose(study, tests=folder / ".mendel" / "tests")
    assert [f.category for f in diagnosis.findings] == ["absolute_threshold"]
    finding, planted = diagnosis.findings[0], truth(name)
    assert finding.file == planted["file"]
    lines = (folder / finding.file).read_text(encoding="utf-8").splitlines()
    places = [n for n, line in enumerate(lines, 1) if str(planted["line_contains"]) in line]
    assert min(abs(finding.line - n) for n in places) <= 3
    assert finding.counterexample["decisions_changed"] > 0
    assert finding.test is not None

    silence = why_silent(study, "TONUSDT")
    assert silence.starved
    assert silence.blocking is not None
    assert silence.blocking.file == planted["file"]
    assert (silence.blocking.counterfactual_trades or 0) >= 10


@pytest.mark.parametrize("name", [n for n in NAMES if not truth(n)["file"]])
def test_a_sound_system_is_left_alone(
    name: str, held_out: Callable[[str], Path], bench: Callable[..., Workbench]
) -> None:
    diagnosis = diagnose(bench(held_out(name)).study())
    assert diagnosis.findings == ()
