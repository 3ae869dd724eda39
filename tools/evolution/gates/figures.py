"""Gate: the figures that speak for an improvement come from a system whose figures can be believed."""

from __future__ import annotations

from tools.contracts import Finding, Verdict
from tools.evolution.gates.base import Case, verdict

#: Defects with which every backtest of the system says something else than the truth.
BLINDING = ("lookahead", "nondeterminism", "state_leak")


def blinding(findings: tuple[Finding, ...] | list[Finding]) -> list[Finding]:
    """Those of the findings after which no figure of the system counts."""
    return [f for f in findings if f.category in BLINDING]


class FiguresGate:
    """No look-ahead, no dice, no memory from one symbol to the next, in what is improved."""

    name = "figures"

    def judge(self, case: Case) -> Verdict:
        """Fails where one of these was proven on the system as it was before."""
        found = blinding(case.diagnosis.findings)
        faults = [f"{f.category} at {f.file}:{f.line}: {f.summary}" for f in found]
        if not faults:
            return verdict(self.name, True, looked_for=list(BLINDING))
        why = "the system's own figures cannot be believed before this is mended"
        return verdict(self.name, False, faults=faults, why=why)
