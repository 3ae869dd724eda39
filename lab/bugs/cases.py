"""One case: one operator in one style. What was planted, what the analyzer said, and whether that was right."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lab.bugs.behaviour import changes_behaviour
from lab.bugs.operator import Mutant, Operator, Place, shuffled
from lab.bugs.score import EFFECT, FACTS
from lab.bugs.split import CLEAN
from lab.bugs.style import Style
from sandbox.host.contracts import Job
from sandbox.host.jobs import run_job
from tools.analysis.detect import diagnose
from tools.analysis.failing_test import written_files
from tools.analysis.study import Study
from tools.analysis.tests_run import ALONE
from tools.analysis.workbench import Workbench
from tools.contracts import Finding

NEAR_LINES = 3
#: Candidates tried before a case is given up as void.
TRIES = 6


def clean_case(bench: Workbench, style: Style, tests: Path) -> dict[str, Any]:
    """The analyzer on the strategy without a defect: every finding is a false one."""
    started = time.monotonic()
    study = bench.study()
    diagnosis = diagnose(study, tests=tests)
    return {
        "operator": CLEAN,
        "style": style.name,
        "status": "judged",
        "seconds": time.monotonic() - started,
        "findings": [_shown(f) for f in diagnosis.findings],
        "trades": sum(study.trades(s) for s in study.markets),
    }


def plant_case(bench: Workbench, style: Style, operator: Operator, tests: Path) -> dict[str, Any]:
    """``status``: ``judged``; ``void`` where no candidate changes what the strategy does; ``none`` where the operator has no
    place in this style."""
    row: dict[str, Any] = {"operator": operator.name, "style": style.name}
    candidates = shuffled(operator.name, operator.plant(style))
    if not candidates:
        return {**row, "status": "none"}
    clean = bench.study()
    for mutant in candidates[:TRIES]:
        bundle = bench.store.derive(clean.bundle, dict(mutant.files))
        if changes_behaviour(operator.shows, clean, style, mutant, bundle):
            return {**row, **_judged(bench, operator, mutant, bundle, tests)}
    return {**row, "status": "void", "tried": min(TRIES, len(candidates))}


def _judged(bench: Workbench, operator: Operator, mutant: Mutant, bundle: str, tests: Path) -> dict[str, Any]:
    study = bench.study(bundle)
    started = time.monotonic()
    findings = diagnose(study, tests=tests).findings
    seconds = time.monotonic() - started
    rows = [_judge(bench, study, operator, mutant, f) for f in findings]
    rows = [
        _effect(bench, study, r, f) if r["verdict"] == "false" else r
        for r, f in zip(rows, findings, strict=True)
    ]
    return {
        "status": "judged",
        "seconds": seconds,
        "places": [list(p) for p in mutant.places],
        "hit": any(r["verdict"] == "hit" for r in rows),
        "findings": rows,
    }


def _judge(
    bench: Workbench, study: Study, operator: Operator, mutant: Mutant, finding: Finding
) -> dict[str, Any]:
    """``hit``; ``consequence`` (true of the mutant, not the defect itself); ``misplaced`` (right category, wrong line);
    ``untested`` (no test that fails); ``false``, unless it is an ``effect``."""
    row = _shown(finding)
    if finding.category in operator.categories:
        if not near((finding.file, finding.line), mutant.places):
            return {**row, "verdict": "misplaced"}
        fails = test_fails(bench, study.bundle, finding)
        return {**row, "verdict": "hit" if fails else "untested", "test_fails": fails}
    return {**row, "verdict": "consequence" if finding.category in operator.consequences else "false"}


def _effect(bench: Workbench, study: Study, row: dict[str, Any], finding: Finding) -> dict[str, Any]:
    """The row, its verdict ``effect`` where the planted change made true what the finding says (see score.py)."""
    if finding.category not in FACTS or not test_fails(bench, study.bundle, finding):
        return row
    return {**row, "verdict": EFFECT} if test_passes(bench, bench.study().bundle, finding) else row


def near(place: Place, places: Iterable[Place]) -> bool:
    """Whether a place is within NEAR_LINES of one of ``places``."""
    return any(place[0] == file and abs(place[1] - line) <= NEAR_LINES for file, line in places)


def test_fails(bench: Workbench, bundle: str, finding: Finding) -> bool:
    """Whether the finding's written test runs on a bundle and fails there."""
    return _exit_code(bench, bundle, finding) == 1


def test_passes(bench: Workbench, bundle: str, finding: Finding) -> bool:
    """Whether the finding's written test runs on a bundle and passes there."""
    return _exit_code(bench, bundle, finding) == 0


def _exit_code(bench: Workbench, bundle: str, finding: Finding) -> int | None:
    written = written_files(finding.test)
    if not written:
        return None
    module = next(name for name in written if name.endswith(".py"))
    command = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"t/{module}")
    extra = {f"t/{name}": text for name, text in written.items()}
    stubs = tuple(bench.system.config.system.stubs)
    return run_job(bench.place, Job(bundle, command, extra=extra, environment=ALONE, stubs=stubs)).exit_code


def _shown(finding: Finding) -> dict[str, Any]:
    return {
        "category": finding.category,
        "file": finding.file,
        "line": finding.line,
        "summary": finding.summary,
        "test": finding.test is not None,
    }


test_fails.__test__ = test_passes.__test__ = False  # type: ignore[attr-defined]
