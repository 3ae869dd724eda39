"""Gate: the probe that convicted passes now, exactly, and no invariant that held is broken."""

from __future__ import annotations

from tools.analysis.detect import PROBES, diagnose
from tools.analysis.probes.scale import ScaleProbe
from tools.analysis.study import Study
from tools.contracts import Finding, PatchKind, Verdict
from tools.evolution.gates.base import Case, verdict

#: Share of the later trades below which a symbol hardly traded before.
HARDLY = 0.1


class ProbesGate:
    """Every probe again, on the patched bundle."""

    name = "probes"

    def judge(self, case: Case) -> Verdict:
        """Fails where the finding's conditions are convicted again or a finding appears that was not there."""
        after = diagnose(case.after, PROBES)
        known = {signature(f) for f in case.diagnosis.findings}
        fresh = [f for f in after.findings if signature(f) not in known]
        unmasked = [f for f in fresh if was_there(case.before, f) or woken(case, f)]
        new = [f for f in fresh if f not in unmasked]
        remain = [
            f for f in after.findings if case.finding is not None and signature(f) == signature(case.finding)
        ]
        return verdict(
            self.name,
            not new and not remain,
            convicting=str(case.finding.counterexample.get("probe", "")) if case.finding else None,
            still_convicted=[f.summary for f in remain],
            newly_broken=[f"{f.file}:{f.line} {f.summary}" for f in new],
            unmasked=[f"{f.file}:{f.line} {f.summary}" for f in unmasked],
            left_as_before=len(after.findings) - len(fresh) - len(remain),
            probes=[p.name for p in PROBES if p.name not in after.waived],
            waived=after.waived,
        )


def was_there(before: Study, finding: Finding) -> bool:
    """Whether a newly convicted scale dependence stood in the old code already and was hidden behind the one that the
    patch repairs: the same condition compared an amount with a number there, too."""
    probe = {p.category: p for p in PROBES if isinstance(p, ScaleProbe)}.get(finding.category)
    parts = finding.details.get("conditions", ())
    if probe is None or not parts:
        return False
    places = {(c.file, c.function, c.text): c.slot for c in before.instrumented.conditions}
    wanted = [(p["condition"]["file"], p["condition"]["function"], p["condition"]["text"]) for p in parts]
    slots = {places[place] for place in wanted if place in places}
    return len(slots) > 0 and len(slots) == len(set(wanted)) and slots <= probe.mismatched(before)


def woken(case: Case, finding: Finding) -> bool:
    """Whether a repair only let a defect be seen: it is at a line that the repair leaves as it was, and shows on a symbol that
    hardly traded before. Entries that were never made cannot differ."""
    symbol = str(finding.counterexample.get("symbol", ""))
    if case.patch.kind is not PatchKind.FIX or symbol not in case.after.markets or _written(case, finding):
        return False
    return case.before.trades(symbol) < HARDLY * case.after.trades(symbol)


def _written(case: Case, finding: Finding) -> bool:
    """Whether the patch wrote the line of a finding, or nobody knows."""
    if finding.file not in case.patch.files:
        return False
    lines = case.after.store.sources(case.after.bundle).get(finding.file, "").splitlines()
    added = {line[1:].strip() for line in case.patch.diff.splitlines() if line.startswith("+")}
    return not 0 < finding.line <= len(lines) or lines[finding.line - 1].strip() in added


def signature(finding: Finding) -> str:
    """What makes a finding the same one although lines moved."""
    if "conditions" in finding.details:
        return "|".join(sorted(p["condition"]["text"] for p in finding.details["conditions"]))
    return f"{finding.category}:{finding.id}"
