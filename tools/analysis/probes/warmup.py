"""Invariant (advisory): no entry before the indicators are warm.

The strategy starts again at a later bar. The bars after which its entries are those of the whole run are the warm-up; entries
that it makes within it, and would not make with more history, are made on half-filled windows. A live run starts so each
time it is restarted.

False-positive risks: averages without a minimum of bars are common and often harmless; hence only a suspect. Tolerance: more
than FEW such entries over STARTS starts.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tools.analysis.probes.base import Conviction, make_finding
from tools.analysis.study import Study
from tools.contracts import Finding, Severity

STARTS, FEW = 4, 3
#: Bars looked at after each start.
LENGTH = 1500


class WarmupProbe:
    """Trades of a cold start."""

    name = "warmup_length"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """At most one suspect, with the length of the warm-up seen."""
        market = study.markets[study.by_activity[0]]
        usual = study.decisions[market.symbol].entries()
        early, longest = 0, 0
        for start in np.linspace(0, len(market) - LENGTH, STARTS + 2)[1:-1].astype(int):
            if start <= 0:
                return []
            cold = study.runner.decide(study.bundle, market.cut(int(start), int(start) + LENGTH)).decisions
            if cold is None:
                return []
            apart = np.flatnonzero(cold.entries() != usual[start : start + LENGTH])
            if apart.size and apart[-1] < LENGTH * 3 // 4:  # it does become the same
                longest = max(longest, int(apart[-1]) + 1)
                early += int(np.count_nonzero(cold.entries()[apart]))
        if early <= FEW:
            return []
        file, line = study.target_place
        text = (
            f"Entries are made before the indicators are warm: {early} after {STARTS} fresh starts on {market.symbol} that "
            f"more history would not have made; the last {longest:,} bars after a start."
        )
        return [Conviction(make_finding("cold_start", Severity.LOW, (file, line, "strategy"), text, {}))]
