"""Invariant (advisory): the same market four weeks later is traded the same.

The times of all bars are moved by 28 days, so that hour and weekday stay; decisions that change depend on the date: a month,
a hard-coded day, the age of the sample. That may be meant (an expiry, a quarter's end), so it is only ever a suspect.

False-positive risks: calendars that are meant. Tolerance: none, decisions are compared exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from tools.analysis.probes.base import Conviction, iso, make_finding
from tools.analysis.study import Study, differs
from tools.contracts import Finding, Severity

SHIFT_NS = 28 * 86_400_000_000_000


class TranslationProbe:
    """Dates in the rules."""

    name = "time_translation"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """At most one suspect."""
        market = study.markets[study.by_activity[0]]
        then = study.runner.decide(study.bundle, replace(market, time=market.time + SHIFT_NS)).decisions
        if then is None:
            return []
        changed = np.flatnonzero(differs(study.decisions[market.symbol], then))
        if not changed.size:
            return []
        file, line = study.target_place
        text = (
            f"Decisions depend on the date: {changed.size} bars of {market.symbol} are decided otherwise when the same bars "
            f"come 28 days later, the first at {iso(int(market.time[changed[0]]))}."
        )
        return [Conviction(make_finding("date_dependence", Severity.LOW, (file, line, "strategy"), text, {}))]
