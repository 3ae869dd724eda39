"""Which findings a repair only lets be seen: what stood in the old code already is not blamed on the patch."""

from __future__ import annotations

from tools.analysis.detect import PROBES
from tools.analysis.probes.constants import moves_nothing
from tools.analysis.probes.numbers import settings_numbers
from tools.analysis.probes.outcomes import seen
from tools.analysis.probes.scale import ScaleProbe
from tools.analysis.probes.settings import values_to_try
from tools.analysis.study import Study
from tools.contracts import Finding, PatchKind
from tools.evolution.gates.base import Case

#: Share of the later trades below which a symbol hardly traded before.
HARDLY = 0.1


def unmasked(case: Case, finding: Finding) -> bool:
    """Whether a finding about the patched bundle says nothing of the patch."""
    return any(
        (
            was_there(case.before, finding),
            woken(case, finding),
            idle(case, finding),
            was_unwired(case.before, finding),
        )
    )


def was_there(before: Study, finding: Finding) -> bool:
    """Whether a newly convicted scale dependence stood in the old code already and was hidden behind the one that the
    patch repairs: the same condition compared an amount with a number there, too."""
    probe = {p.category: p for p in PROBES if isinstance(p, ScaleProbe)}.get(finding.category)
    slots = _slots(before, finding)
    return probe is not None and bool(slots) and slots <= probe.mismatched(before)


def woken(case: Case, finding: Finding) -> bool:
    """Whether a repair only let a defect be seen: it is at a line that the repair leaves as it was, and shows on a symbol that
    hardly traded before. Entries that were never made cannot differ."""
    symbol = str(finding.counterexample.get("symbol", ""))
    if case.patch.kind is not PatchKind.FIX or symbol not in case.after.markets or _written(case, finding):
        return False
    return case.before.trades(symbol) < HARDLY * case.after.trades(symbol)


def idle(case: Case, finding: Finding) -> bool:
    """Whether the condition that the patch repairs filters nothing now, and filtered nothing before on a symbol that its number
    suits: the repair brings the other symbols to that."""
    if finding.category != "always_true" or case.finding is None or not _written(case, finding):
        return False
    slots = _slots(case.before, case.finding)
    return bool(slots) and any(
        all((s := seen({symbol: rates}, slot)).known and not s.refused for slot in slots)
        for symbol, rates in case.before.rates.items()
    )


def was_unwired(before: Study, finding: Finding) -> bool:
    """Whether a setting that moves nothing now moved nothing before either, though something of its name was read."""
    if finding.category != "unwired_setting":
        return False
    tried = finding.counterexample.get("tried", [])
    return any(
        number.file == finding.file
        and number.shown == finding.counterexample.get("setting")
        and values_to_try(number.value) == tried
        and moves_nothing(before, number, tried)
        for number in settings_numbers(before)
    )


def _slots(before: Study, finding: Finding) -> set[int]:
    """The slots in the old bundle of a finding's conditions; empty unless every one of them stood there."""
    places = {(c.file, c.function, c.text): c.slot for c in before.instrumented.conditions}
    parts = [part["condition"] for part in finding.details.get("conditions", ())]
    wanted = {(p["file"], p["function"], p["text"]) for p in parts}
    return {places[place] for place in wanted} if wanted <= places.keys() else set()


def _written(case: Case, finding: Finding) -> bool:
    """Whether the patch wrote the line of a finding, or nobody knows."""
    if finding.file not in case.patch.files:
        return False
    lines = case.after.store.sources(case.after.bundle).get(finding.file, "").splitlines()
    added = {line[1:].strip() for line in case.patch.diff.splitlines() if line.startswith("+")}
    return not 0 < finding.line <= len(lines) or lines[finding.line - 1].strip() in added
