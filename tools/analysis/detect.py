"""Static detectors propose, probes convict: the whole list of what is wrong with a system, with proof or without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tools.analysis.brisk import brisk, shortened_notes
from tools.analysis.detectors.registry import detect_suspects
from tools.analysis.failing_test import test_files
from tools.analysis.probes.accounting import AccountingProbe
from tools.analysis.probes.armed import ArmedProbe
from tools.analysis.probes.base import Conviction, Probe
from tools.analysis.probes.blanks import BlankProbe
from tools.analysis.probes.both_sides import BothSidesProbe
from tools.analysis.probes.bounds import SILENCING, failed_finding
from tools.analysis.probes.constants import ConstantsProbe
from tools.analysis.probes.determinism import CATEGORY as CHANCE
from tools.analysis.probes.determinism import DeterminismProbe
from tools.analysis.probes.direction import DirectionProbe
from tools.analysis.probes.equality import EqualityProbe
from tools.analysis.probes.faults import FaultProbe
from tools.analysis.probes.holes import HoleProbe
from tools.analysis.probes.mirror import MirrorProbe
from tools.analysis.probes.null import NullProbe
from tools.analysis.probes.prefix import PrefixProbe
from tools.analysis.probes.protection import ProtectionProbe
from tools.analysis.probes.reachability import ReachabilityProbe
from tools.analysis.probes.repeat import RepeatProbe
from tools.analysis.probes.scale import PRICE_SCALE, VOLUME_SCALE
from tools.analysis.probes.settings import SettingsProbe
from tools.analysis.probes.start import GapProbe, StartProbe
from tools.analysis.probes.translation import TranslationProbe
from tools.analysis.probes.twice import TwiceProbe
from tools.analysis.probes.units import UnitProbe
from tools.analysis.probes.vacuous import VacuityProbe
from tools.analysis.probes.warmup import WarmupProbe
from tools.analysis.study import Study
from tools.analysis.tests_run import which_fail
from tools.contracts import Finding, Severity
from tools.system.adapters.base import NoDecisions
from tools.system.adapters.registry import need_decisions

PROBES: tuple[Probe, ...] = (
    DeterminismProbe(),
    VOLUME_SCALE,
    PRICE_SCALE,
    PrefixProbe(),
    RepeatProbe(),
    HoleProbe(),
    FaultProbe(),
    SettingsProbe(),
    ConstantsProbe(),
    ReachabilityProbe(),
    VacuityProbe(),
    EqualityProbe(),
    StartProbe(),
    GapProbe(),
    DirectionProbe(),
    UnitProbe(),
    ProtectionProbe(),
    ArmedProbe(),
    TwiceProbe(),
    BothSidesProbe(),
    MirrorProbe(),
)
#: They never convict, and no gate asks them: what they see is told among the suspects.
ADVISORY: tuple[Probe, ...] = (
    AccountingProbe(),
    TranslationProbe(),
    WarmupProbe(),
    BlankProbe(),
    NullProbe(),
)
_ORDER = list(Severity)
#: Lines between two places that are still the same place.
NEAR_LINES = 3
#: A condition that never holds explains why one side is never taken: then that is the finding.
EXPLAINS_A_SIDE = frozenset(["unreachable_rule", "float_equality", "absolute_threshold", "absolute_price"])


def suspects_of(study: Study) -> list[Finding]:
    """What reading the source proposes. Where a strategy is never shown later bars, the last of its bars is this one, and
    nothing can be a look-ahead."""
    found = detect_suspects(study.tree, study.architecture)
    return [s for s in found if study.shown_ahead or s.category != "lookahead"]


#: Bars below which hardly anything can be told.
FEW_BARS = 1000
#: What is not said of a strategy that sees the future.
DOUBTFUL = frozenset(["unreachable_rule", "always_true", "one_sided"])


@dataclass(frozen=True)
class Diagnosis:
    """``findings`` have counterexamples, ``suspects`` have none. ``waived`` maps a probe's name to the person's reason;
    those probes did not run."""

    findings: tuple[Finding, ...]
    suspects: tuple[Finding, ...]
    waived: dict[str, str]
    #: Why no probe could run, "" where they did: then only ``suspects`` were looked for.
    unprobed: str = ""
    #: What left the probes with little to compare.
    notes: tuple[str, ...] = ()

    @property
    def silenced(self) -> bool:
        """Whether the strategy gives no decisions, so that nothing else can be said of it."""
        return any(f.category in SILENCING for f in self.findings)


def diagnose(
    study: Study, probes: Sequence[Probe] = PROBES, *, tests: Path | None = None, quick: bool = False
) -> Diagnosis:
    """Run every probe that is not waived. ``tests`` is the folder for the failing tests; None writes none. ``quick``: a slow
    strategy is probed on its last bars (brisk.py).

    A strategy that gives no decisions is itself the one finding. Raises StrategyFailed where the sandbox, not the
    strategy, is to blame."""
    try:
        need_decisions(study.system, "the dynamic part of mendel analyze")
    except NoDecisions as why:
        return Diagnosis((), tuple(suspects_of(study)), {}, str(why))
    broken = failed_finding(study)
    if broken is not None:
        found = _with_tests(study, [broken], tests)
        return Diagnosis(tuple(found), tuple(suspects_of(study)), {})
    whole, study = study, brisk(study) if quick else study
    suspects = suspects_of(study)
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
    suspects += [c.finding for c in convictions if not c.finding.convicted]
    merged = merge([c for c in convictions if c.finding.convicted])
    suspects += put_off(convictions, merged)
    findings = _with_tests(study, merged, tests)
    left = [s for s in suspects if not any(_same_place(s, f) for f in findings)]
    order = sorted(findings, key=lambda f: (_ORDER.index(f.severity), -_weight(f), f.file, f.line))
    told = tuple(sorted(left, key=lambda s: (s.file, s.line)))
    return Diagnosis(tuple(order), told, waived, notes=(*notes_of(study), *shortened_notes(whole, study)))


def notes_of(study: Study) -> tuple[str, ...]:
    """What leaves the probes with little to compare: short markets, and no entry anywhere."""
    short = {s: len(m) for s, m in study.markets.items() if len(m) < FEW_BARS}
    notes = []
    if short:
        bars = min(short.values())
        notes.append(
            f"Only {bars} bars of {', '.join(short)}: too few to tell much; give at least {FEW_BARS}."
        )
    if not any(d.entries().any() for d in study.decisions.values()):
        notes.append(
            "Not one entry on any symbol, so that there was nothing to compare: mendel why-silent SYMBOL tells what stops it."
        )
    return tuple(notes)


def merge(convictions: Sequence[Conviction]) -> list[Conviction]:
    """Two probes that convict the same condition make one finding, the first; the other stands in its evidence. What
    is left of a scale probe without a place is dropped when the place was found by its twin."""
    kept: dict[tuple[str, int, str], Conviction] = {}
    for c in convictions:
        unit = c.finding.details.get("unit")  # a number that is counted in some unit
        key = (c.finding.file, c.finding.line, "condition" if unit else c.finding.category)
        if key not in kept:
            kept[key] = c
            continue
        also = [*kept[key].finding.details.get("also", []), dict(c.finding.counterexample)]
        finding = replace(kept[key].finding, details={**kept[key].finding.details, "also": also})
        kept[key] = replace(kept[key], finding=finding)
    joined = any(c.finding.category == "gap_alignment" for c in kept.values())
    # what has no place may be the work of what has one: told again once that is mended. A past that changes is told in any case,
    # but beside rows lined up by position, which move with the number of rows
    standing = {
        k: c
        for k, c in kept.items()
        if not _unplaced(c) or (c.finding.category == "lookahead" and not joined)
    }
    kept = standing or kept
    if any(c.finding.category == "lookahead" for c in kept.values()):
        # what the future moves may be the reason why a rule is out of reach: told again once it is mended
        return [c for c in kept.values() if c.finding.category not in DOUBTFUL]
    dead = [c.finding for c in kept.values() if c.finding.category == "unreachable_rule"]
    kept = {k: c for k, c in kept.items() if not _follows(c.finding, dead)}
    explained = any(c.finding.category in EXPLAINS_A_SIDE for c in kept.values())
    return [
        c
        for c in kept.values()
        if not (explained and c.finding.category == "one_sided" and not c.finding.details.get("cause"))
    ]


def put_off(convictions: Sequence[Conviction], merged: Sequence[Conviction]) -> list[Finding]:
    """What was proven and is not told as a finding while another stands, as suspects: without a counterexample."""
    ahead = any(c.finding.category == "lookahead" for c in merged)
    told = {c.finding.id for c in merged}
    proven = [c for c in convictions if c.finding.convicted and c.finding.id not in told]
    later = [c.finding for c in proven if _unplaced(c) or (ahead and c.finding.category in DOUBTFUL)]
    more = "Another finding may be the reason: asked again once that is mended."
    return [replace(f, counterexample={}, summary=f"{f.summary} {more}") for f in later]


def _unplaced(conviction: Conviction) -> bool:
    return bool(conviction.finding.details.get("unplaced"))


def _follows(finding: Finding, dead: Sequence[Finding]) -> bool:
    """Whether a stop that nothing is held to only follows from a rule elsewhere that never runs."""
    if finding.counterexample.get("probe") != "armed" or not dead:
        return False
    return not any(d.file == finding.file and abs(d.line - finding.line) <= NEAR_LINES for d in dead)


def _weight(finding: Finding) -> int:
    return len(finding.details.get("starved", ()))


def _same_place(suspect: Finding, finding: Finding) -> bool:
    if suspect.file != finding.file:
        return False
    places = [finding.line, *[p["condition"]["line"] for p in finding.details.get("conditions", ())]]
    return any(abs(suspect.line - line) <= NEAR_LINES for line in places)


def _with_tests(study: Study, convictions: Sequence[Conviction], folder: Path | None) -> list[Finding]:
    """The findings with the tests that were seen to fail on the bundle. A test that passes is tried once more with every
    later bar; one that passes then, too, is taken away: it shows nothing."""
    if folder is None:
        return [c.finding for c in convictions]
    study.progress("running the tests that show it")
    tests = {c.finding.id: _write_test(study, c, folder) for c in convictions}
    fails = which_fail(study, filter(None, tests.values()))
    passing = [c for c in convictions if fails.get(tests[c.finding.id]) is False]
    longer = [wider for c in passing if (wider := _with_later_bars(study, c)) is not None]
    fails |= which_fail(study, [_write_test(study, c, folder) for c in longer])
    for test in (Path(test) for test, failed in fails.items() if not failed):
        test.unlink()
        test.with_suffix(".csv").unlink(missing_ok=True)
    shown = {i: test for i, test in tests.items() if test and fails.get(test, True)}
    return [replace(c.finding, test=shown.get(c.finding.id)) for c in convictions]


def _with_later_bars(study: Study, conviction: Conviction) -> Conviction | None:
    """Its window begins where it began, so that bars are counted as before; None where there are no later bars."""
    plan = conviction.test
    if plan is None or plan.stop >= len(study.markets[plan.symbol]):
        return None
    return replace(conviction, test=replace(plan, stop=len(study.markets[plan.symbol])))


def _write_test(study: Study, conviction: Conviction, folder: Path) -> str:
    """The path of the written test, "" where none can be written."""
    plan = conviction.test
    if plan is None:
        return ""
    config, market = study.system.config, study.markets[plan.symbol]
    given = study.runner.adapter.evaluation(study.system, study.bundle, market).columns
    written = test_files(
        conviction.finding, plan, market.with_columns(given), config.strategy, tuple(config.system.stubs)
    )
    for name, text in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return str(folder / next(iter(written))) if written else ""
