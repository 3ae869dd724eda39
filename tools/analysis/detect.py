"""Static detectors propose, probes convict: the whole list of what is wrong with a system, with proof or without."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.host.contracts import Status
from tools.analysis.detectors.registry import detect_suspects
from tools.analysis.failing_test import test_files
from tools.analysis.probes.base import Conviction, Probe, make_finding
from tools.analysis.probes.determinism import CATEGORY as CHANCE
from tools.analysis.probes.determinism import DeterminismProbe
from tools.analysis.probes.faults import FaultProbe
from tools.analysis.probes.holes import HoleProbe
from tools.analysis.probes.prefix import PrefixProbe
from tools.analysis.probes.reachability import ReachabilityProbe
from tools.analysis.probes.repeat import RepeatProbe
from tools.analysis.probes.scale import PRICE_SCALE, VOLUME_SCALE
from tools.analysis.probes.settings import SettingsProbe
from tools.analysis.study import Study
from tools.contracts import Finding, Severity
from tools.system.runner import StrategyFailed

PROBES: tuple[Probe, ...] = (
    DeterminismProbe(),
    VOLUME_SCALE,
    PRICE_SCALE,
    PrefixProbe(),
    RepeatProbe(),
    HoleProbe(),
    FaultProbe(),
    SettingsProbe(),
    ReachabilityProbe(),
)
_ORDER = list(Severity)
FAILS = "strategy_fails"
#: Lines between two places that are still the same place.
NEAR_LINES = 3


@dataclass(frozen=True)
class Diagnosis:
    """``findings`` have counterexamples, ``suspects`` have none. ``waived`` maps a probe's name to the person's reason;
    those probes did not run."""

    findings: tuple[Finding, ...]
    suspects: tuple[Finding, ...]
    waived: dict[str, str]


def diagnose(study: Study, probes: Sequence[Probe] = PROBES, *, tests: Path | None = None) -> Diagnosis:
    """Run every probe that is not waived. ``tests`` is the folder for the failing tests; None writes none.

    A strategy that gives no decisions is itself the one finding. Raises StrategyFailed where the sandbox, not the
    strategy, is to blame."""
    broken = _failure(study)
    if broken is not None:
        return Diagnosis((broken,), tuple(detect_suspects(study.tree, study.architecture)), {})
    suspects = list(detect_suspects(study.tree, study.architecture))
    reasons = {w.gate: w.reason for w in study.system.config.policy.waivers}
    waived = {p.name: reasons[p.name] for p in probes if p.name in reasons}
    convictions: list[Conviction] = []
    for probe in probes:
        if probe.name in waived:
            continue
        study.progress(f"probing: {probe.name.replace('_', ' ')}")
        convictions += probe.run(study, suspects)
        if any(c.finding.category == CHANCE for c in convictions):
            break  # every other probe compares two runs
    merged = merge(convictions)
    findings = [_with_test(study, c, tests) for c in merged]
    left = [s for s in suspects if not any(_same_place(s, f) for f in findings)]
    order = sorted(findings, key=lambda f: (_ORDER.index(f.severity), -_weight(f), f.file, f.line))
    return Diagnosis(tuple(order), tuple(sorted(left, key=lambda s: (s.file, s.line))), waived)


def _failure(study: Study) -> Finding | None:
    """The finding that the strategy does not come to decisions, with the market it fails on."""
    try:
        study.decisions  # noqa: B018 - asked for its error
    except StrategyFailed as error:
        if error.status in (Status.REFUSED, Status.INFRASTRUCTURE):
            raise
        file, line = _blamed(study, error.reason)
        evidence = {
            "symbol": error.symbol,
            "status": error.status.value,
            "reason": error.reason,
            "bars": len(study.markets[error.symbol]),
        }
        text = f"The strategy gives no decisions on {error.symbol} ({error.status.value}): {error.reason}"
        return make_finding(FAILS, Severity.CRITICAL, (file, line, "strategy"), text, evidence)
    return None


def _blamed(study: Study, reason: str) -> tuple[str, int]:
    """The place that the reason names, else the strategy's own."""
    named = re.search(r"([\w./-]+\.py):(\d+)", reason)
    if named is None:
        return study.target_place
    wanted = named[1].removeprefix("/system/")
    files = [f for f in study.store.files(study.bundle) if f == wanted or f.endswith("/" + wanted)]
    return (files[0] if len(files) == 1 else wanted), int(named[2])


def merge(convictions: Sequence[Conviction]) -> list[Conviction]:
    """Two probes that convict the same condition make one finding, the first; the other stands in its evidence. What
    is left of a scale probe without a place is dropped when the place was found by its twin."""
    kept: dict[tuple[str, int, str], Conviction] = {}
    for c in convictions:
        conditions = c.finding.details.get("conditions")
        key = (c.finding.file, c.finding.line, "condition" if conditions else c.finding.category)
        if key not in kept:
            kept[key] = c
            continue
        also = [*kept[key].finding.details.get("also", []), dict(c.finding.counterexample)]
        finding = replace(kept[key].finding, details={**kept[key].finding.details, "also": also})
        kept[key] = replace(kept[key], finding=finding)
    return list(kept.values())


def _weight(finding: Finding) -> int:
    return len(finding.details.get("starved", ()))


def _same_place(suspect: Finding, finding: Finding) -> bool:
    if suspect.file != finding.file:
        return False
    places = [finding.line, *[p["condition"]["line"] for p in finding.details.get("conditions", ())]]
    return any(abs(suspect.line - line) <= NEAR_LINES for line in places)


def _with_test(study: Study, conviction: Conviction, folder: Path | None) -> Finding:
    plan, finding = conviction.test, conviction.finding
    if plan is None or folder is None:
        return finding
    written = test_files(finding, plan, study.markets[plan.symbol], study.system.config.strategy)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    return replace(finding, test=str(folder / next(n for n in written if n.endswith(".py"))))
