"""Gate: the idea behind an enhancement was written down as a hypothesis, tested once, and held.

What is given is only believed as far as the ledger knows it: a verdict that no test of this system put there is no verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memory.ledger import Ledger
from tools.contracts import GateVerdict, Verdict
from tools.evolution.gates.base import Case, verdict
from tools.statistics.online import SETTLED

SUPPORTED = "supported"
SHOWN = ("id", "claim", "verdict", "effect_bps", "ci", "p", "n_events", "spec_hash")


class MechanismGate:
    """The tested idea."""

    name = "mechanism"

    def judge(self, case: Case) -> Verdict:
        """``unknown``, which blocks, where no tested hypothesis was given; fails where it did not hold, is about something
        else than the change, or was never tested here."""
        tested = case.hypothesis
        if tested is None:
            why = "no tested hypothesis stands behind it: write the idea down and test it (mendel hypothesis), then come back"
            return Verdict(self.name, GateVerdict.UNKNOWN, {"why": why})
        shown = {key: tested[key] for key in SHOWN if key in tested}
        why = _fault(tested, case.mechanism, case.ledger) or _scope(tested, case)
        return verdict(self.name, not why, hypothesis=shown, **({"why": why} if why else {}))


def _fault(tested: Mapping[str, Any], mechanism: Mapping[str, str], ledger: Ledger | None) -> str:
    """What is wrong with the idea, "" where nothing is."""
    if tested.get("verdict") != SUPPORTED:
        return f"the hypothesis behind it is {tested.get('verdict', 'unknown')}, not {SUPPORTED}"
    spec = tested.get("spec") or {}
    for name, wanted in mechanism.items():
        if spec.get(name) != wanted:
            return f"the hypothesis is about another idea: its {name} is {spec.get(name)!r}, the change needs {wanted!r}"
    if ledger is None:
        return "there is no ledger in which the hypothesis could be looked up"
    return "" if _settled(tested, ledger) else "no such supported hypothesis is in this system's ledger"


def _scope(tested: Mapping[str, Any], case: Case) -> str:
    """What held on one market says nothing about the others that the change trades."""
    scope = set((tested.get("spec") or {}).get("scope", ()))
    missing = sorted(set(case.after.markets) - scope) if case.mechanism else []
    return (
        f"the hypothesis was not tested on {', '.join(missing)}, which the change trades too"
        if missing
        else ""
    )


def _settled(tested: Mapping[str, Any], ledger: Ledger) -> bool:
    """Whether the last test of this very spec on the ledger was supported."""
    known = [e.body for e in ledger.entries(SETTLED) if e.body.get("spec_hash") == tested.get("spec_hash")]
    return bool(known) and tested.get("spec_hash") is not None and known[-1].get("verdict") == SUPPORTED
