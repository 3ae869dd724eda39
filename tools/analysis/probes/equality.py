"""Invariant: a rounding decides nothing.

Where the static reading finds computed floats compared for equality, the comparison is watched: the two sides pass each
other again and again, and are equal (almost) never - so the rule waits for an accident of rounding. It convicts when it is
asked often enough, when the sides pass each other at least MIN_CROSSINGS times in the samples, and when forcing it changes
decisions.

False-positive risks: a rare event that is meant (a value that is exactly reached); hence the crossings. Tolerance: equal in
less than one evaluation in a thousand.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tools.analysis.probes.base import Conviction, TestPlan, make_finding
from tools.analysis.probes.outcomes import changed_when_forced, seen
from tools.analysis.silence.instrument import Condition
from tools.analysis.silence.rates import Rate
from tools.analysis.study import Study
from tools.contracts import Finding, Severity

ENOUGH, MIN_CROSSINGS, RARE = 1000, 8, 1e-3
TEST_BARS = 4000


class EqualityProbe:
    """Floats compared with ``==``."""

    name = "float_equality"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction for each equality that waits for a rounding."""
        found = []
        for condition in study.instrumented.conditions:
            if condition.kind == "compare" and condition.op in ("==", "!="):
                conviction = self._try(study, condition)
                found += [conviction] if conviction else []
        return found

    def _try(self, study: Study, condition: Condition) -> Conviction | None:
        counts = seen(study.rates, condition.slot)
        equal = counts.held if condition.op == "==" else counts.known - counts.held
        if counts.asked < ENOUGH or equal > RARE * counts.asked:
            return None
        rates = [r[condition.slot] for r in study.rates.values() if condition.slot in r]
        crossings = sum(_crossings(r) for r in rates)
        if crossings < MIN_CROSSINGS or not any(_fractional(r) for r in rates):
            return None
        changed = changed_when_forced(study, condition.slot, condition.op == "==")
        if not changed:
            return None
        evidence: dict[str, Any] = {
            "probe": self.name,
            "condition": condition.text,
            "asked": counts.asked,
            "equal": equal,
            "times_the_sides_passed_each_other": crossings,
            "of_samples": sum(len(r.left) for r in rates),
            "decisions_changed_when_forced": changed,
        }
        text = (
            f"`{condition.text}` in {condition.function}() compares computed floats for equality: in the samples alone the "
            f"sides pass each other {crossings} times, and of {counts.asked:,} times asked they were equal {equal} times."
        )
        place = (condition.file, condition.line, condition.text)
        finding = make_finding("float_equality", Severity.MEDIUM, place, text, evidence)
        symbol = study.by_activity[0]
        arguments = {"file": condition.file, "text": condition.text, "function": condition.function}
        bars = min(TEST_BARS, len(study.markets[symbol]))
        return Conviction(finding, TestPlan("equality", symbol, 0, bars, arguments))


def _crossings(rate: Rate) -> int:
    gap = rate.left - rate.right
    signs = np.sign(gap[np.isfinite(gap)])
    return int(np.sum(signs[1:] * signs[:-1] < 0))


def _fractional(rate: Rate) -> bool:
    """Whether a side is no count: whole numbers are compared exactly."""
    values = rate.left[np.isfinite(rate.left)]
    return bool(values.size and np.mean(values != np.floor(values)) > 0.5)
