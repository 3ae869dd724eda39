"""Gate: it does not get better by not trading, nor by trading far more than anybody agreed to."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.analysis.study import Study
from tools.contracts import GateVerdict, Verdict
from tools.evolution.gates.base import Case, verdict

#: After / before, for the number of trades and for the time in a position.
LEAST, MOST = 0.5, 2.0


class ActivityGate:
    """Trades and exposure, before and after."""

    name = "activity"

    def judge(self, case: Case) -> Verdict:
        """Fails where one of the two leaves its bounds, unless somebody agreed. ``unknown`` where the system did not trade
        before: then there is nothing to compare with."""
        before, after = activity(case.before), activity(case.after)
        evidence: dict[str, Any] = {"before": before, "after": after, "bounds": [LEAST, MOST]}
        if not before["trades"] or not before["exposure"]:
            why = "the system did not trade before, so its activity cannot be compared"
            return Verdict(self.name, GateVerdict.UNKNOWN, {**evidence, "why": why})
        ratios = {name: after[name] / before[name] for name in before}
        faults = [
            f"{name} {before[name]:g} -> {after[name]:g} (x {ratio:.2f}, allowed {LEAST:g} to {MOST:g})"
            for name, ratio in ratios.items()
            if not LEAST <= ratio <= MOST
        ]
        passed = not faults or case.consented
        return verdict(self.name, passed, **evidence, ratios=ratios, faults=faults, consented=case.consented)


def activity(study: Study) -> dict[str, float]:
    """Closed trades of all symbols, and the mean share of bars spent in a position."""
    shares = [b.metrics["exposure"].value for b in study.backtests.values()]
    known = [s for s in shares if s is not None]
    return {
        "trades": float(sum(study.trades(s) for s in study.markets)),
        "exposure": float(np.mean(known)) if known else 0.0,
    }
