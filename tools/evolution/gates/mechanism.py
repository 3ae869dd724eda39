"""Gate: the idea behind an enhancement was written down as a hypothesis, tested once, and held."""

from __future__ import annotations

from tools.contracts import GateVerdict, Verdict
from tools.evolution.gates.base import Case, verdict

SUPPORTED = "supported"
SHOWN = ("id", "claim", "verdict", "effect_bps", "ci", "p", "n_events")


class MechanismGate:
    """The tested idea."""

    name = "mechanism"

    def judge(self, case: Case) -> Verdict:
        """``unknown``, which blocks, where no tested hypothesis was given; fails where it did not hold."""
        tested = case.hypothesis
        if tested is None:
            why = "no tested hypothesis stands behind it: write the idea down and test it (mendel hypothesis), then come back"
            return Verdict(self.name, GateVerdict.UNKNOWN, {"why": why})
        shown = {key: tested[key] for key in SHOWN if key in tested}
        if tested.get("verdict") == SUPPORTED:
            return verdict(self.name, True, hypothesis=shown)
        why = f"the hypothesis behind it is {tested.get('verdict', 'unknown')}, not {SUPPORTED}"
        return verdict(self.name, False, hypothesis=shown, why=why)
