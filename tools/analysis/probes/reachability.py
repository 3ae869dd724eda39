"""Invariant: a rule can come true.

A condition that was asked thousands of times on every symbol and never held is only a suspect: a guard against bad
input never holds either. It is convicted when it stands in a static suspect's place (impossible by its own numbers), or
when what it compares stays further from the number than three times its own whole range, and when forcing it changes
decisions, so that it matters.

False-positive risks: a rule for a crisis that the sample does not hold; hence the distance, and the advisory severity.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tools.analysis.probes.base import Conviction, make_finding
from tools.analysis.silence.instrument import Condition, leaves
from tools.analysis.study import Study, differs
from tools.contracts import Finding, Severity

ENOUGH_EVALUATIONS = 5000
FAR = 3.0


class ReachabilityProbe:
    """Rules that can never come true."""

    name = "branch_reachability"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction for each dead rule that would matter."""
        places = {(s.file, s.line) for s in suspects if s.category == "unreachable_rule"}
        found = []
        for condition in leaves(study.instrumented.conditions):
            if condition.kind != "compare":
                continue
            evidence = self._dead(study, condition, (condition.file, condition.line) in places)
            if evidence is not None:
                found.append(self._write_up(condition, evidence))
        return found

    def _dead(self, study: Study, condition: Condition, named: bool) -> dict[str, Any] | None:
        rates = [study.rates[s][condition.slot] for s in study.markets if condition.slot in study.rates[s]]
        asked, held = sum(r.evaluated for r in rates), sum(r.true for r in rates)
        if asked < ENOUGH_EVALUATIONS or held:
            return None
        seen = _finite(np.concatenate([r.left for r in rates]))
        needed = _finite(np.concatenate([r.right for r in rates]))
        if not (seen.size and needed.size) or np.all(needed == 0):
            return None
        spread = float(seen.max() - seen.min())
        gap = float(min(abs(needed.min() - seen.max()), abs(seen.min() - needed.max())))
        if not named and (spread == 0 or gap < FAR * spread):
            return None
        changed = self._changed_when_forced(study, condition)
        if not changed:
            return None
        return {
            "probe": self.name,
            "condition": condition.text,
            "asked": asked,
            "held": 0,
            "seen": [float(seen.min()), float(seen.max())],
            "needed": [float(needed.min()), float(needed.max())],
            "decisions_changed_when_forced": changed,
        }

    def _changed_when_forced(self, study: Study, condition: Condition) -> int:
        answers = study.traced(study.sample(2), forced={condition.slot: True})
        pairs = [(study.decisions[s], a.decisions) for s, a in answers.items() if a.decisions is not None]
        return sum(int(np.count_nonzero(differs(old, new))) for old, new in pairs)

    def _write_up(self, condition: Condition, evidence: dict[str, Any]) -> Conviction:
        low, high = evidence["seen"]
        text = (
            f"`{condition.text}` in {condition.function}() never holds: asked {evidence['asked']:,} times, the left side "
            f"stayed within {low:.6g}..{high:.6g}. The rule behind it never runs."
        )
        place = (condition.file, condition.line, condition.text)
        return Conviction(make_finding("unreachable_rule", Severity.MEDIUM, place, text, evidence))


def _finite(values: np.ndarray) -> np.ndarray:
    return np.asarray(values[np.isfinite(values)])
