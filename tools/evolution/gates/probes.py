"""Gate: the probe that convicted passes now, exactly, and no invariant that held is broken."""

from __future__ import annotations

from tools.analysis.detect import PROBES, diagnose
from tools.contracts import Finding, Verdict
from tools.evolution.gates.base import Case, verdict
from tools.evolution.gates.unmasked import unmasked


class ProbesGate:
    """Every probe again, on the patched bundle."""

    name = "probes"

    def judge(self, case: Case) -> Verdict:
        """Fails where the finding's conditions are convicted again or a finding appears that was not there."""
        after = diagnose(case.after, PROBES)
        known = {signature(f) for f in case.diagnosis.findings}
        fresh = [f for f in after.findings if signature(f) not in known]
        seen_now = [f for f in fresh if unmasked(case, f)]
        new = [f for f in fresh if f not in seen_now]
        remain = [
            f for f in after.findings if case.finding is not None and signature(f) == signature(case.finding)
        ]
        return verdict(
            self.name,
            not new and not remain,
            convicting=str(case.finding.counterexample.get("probe", "")) if case.finding else None,
            still_convicted=[f.summary for f in remain],
            newly_broken=[f"{f.file}:{f.line} {f.summary}" for f in new],
            unmasked=[f"{f.file}:{f.line} {f.summary}" for f in seen_now],
            left_as_before=len(after.findings) - len(fresh) - len(remain),
            probes=[p.name for p in PROBES if p.name not in after.waived],
            waived=after.waived,
        )


def signature(finding: Finding) -> str:
    """What makes a finding the same one although lines moved."""
    if "conditions" in finding.details:
        return "|".join(sorted(p["condition"]["text"] for p in finding.details["conditions"]))
    return f"{finding.category}:{finding.id}"
