"""Invariant: two fresh processes decide the same on the same bars.

Every other probe compares two runs, so where this one convicts, nothing else can be told: it goes first and alone.

False-positive risks: none known; a strategy that uses the clock may pass by luck.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tools.analysis.probes.base import Conviction, change_at, make_finding
from tools.analysis.study import Study, differs
from tools.contracts import Finding, Severity

CATEGORY = "nondeterminism"


class DeterminismProbe:
    """Chance, hash order, the clock."""

    name = "determinism"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """At most one conviction, with the first bar that two fresh runs decide differently."""
        for symbol, market in study.sample(2).items():
            usual, fresh = (
                study.decisions[symbol],
                study.runner.decide(study.bundle, market, fresh=True).decisions,
            )
            if fresh is None or not differs(usual, fresh).any():
                continue
            changed = np.flatnonzero(differs(usual, fresh))
            evidence = {
                "probe": self.name,
                "decisions_changed": int(changed.size),
                **change_at(market, usual, fresh, int(changed[0])),
            }
            place = next((s for s in suspects if s.category == "wall_clock"), None)
            file, line = (place.file, place.line) if place else study.target_place
            text = "Two fresh runs on the same bars decide differently: the strategy depends on chance, hash order or the clock."
            return [
                Conviction(
                    make_finding(CATEGORY, Severity.CRITICAL, (file, line, "strategy"), text, evidence)
                )
            ]
        return []
