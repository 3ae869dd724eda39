"""Invariant (advisory): too little is answered with no trade, not with a failure.

The strategy is given one bar, ten bars, and bars on which every column but the prices is unknown (NaN). A failure there is
what a live run meets on its first day or when a feed is down; entries made of unknown volumes are no better.

False-positive risks: a strategy may refuse bad input on purpose, loudly; hence only a suspect. Tolerance: none.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sandbox.host.contracts import Status
from tools.analysis.probes.base import Conviction, make_finding
from tools.analysis.study import Study
from tools.contracts import Finding, Market, Severity

REASON_CHARACTERS = 120


class BlankProbe:
    """Hardly any bars, hardly any values."""

    name = "empty_input"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """At most one suspect for each kind of little."""
        market = study.markets[study.by_activity[0]]
        found = []
        for shown, little in little_of(market).items():
            answer = study.runner.decide(study.bundle, little)
            if answer.outcome.status is not Status.REJECTED:
                continue
            file, line = study.target_place
            reason = " ".join(answer.outcome.reason.split())[:REASON_CHARACTERS]
            text = f"On {shown} the strategy fails instead of not trading: {reason}"
            found.append(Conviction(make_finding("empty_input", Severity.LOW, (file, line, shown), text, {})))
        return found


def little_of(market: Market) -> dict[str, Market]:
    """One bar, ten bars, prices alone."""
    part = market.cut(0, min(len(market), 1000))
    unknown = {n: np.full(len(part), np.nan) for n in part.columns if n not in part.columns_of("price")}
    versions = {"one bar": market.cut(0, 1), "ten bars": market.cut(0, 10)}
    return {**versions, "bars whose volume and flow are unknown": part.with_columns(unknown)}
