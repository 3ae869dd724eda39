"""Gate: more exposure needs an explicit yes. A correct fix can put money at risk where there was none."""

from __future__ import annotations

from tools.analysis.silence.cost import starved
from tools.contracts import GateVerdict, PatchKind, Verdict
from tools.evolution.gates.base import Case

MORE_TRADES = 0.25


class ExposureGate:
    """Asks when a symbol is activated or trades rise by more than a quarter."""

    name = "exposure_consent"

    def judge(self, case: Case) -> Verdict:
        """``pass`` where nothing has to be asked; else ``unknown`` until somebody said yes, with the question."""
        question = consent_question(case)
        details = case.finding.details if case.finding else {}
        starves = sorted({*details.get("blocks", ()), *details.get("starved", ())})
        if question is None:
            return Verdict(self.name, GateVerdict.PASS, {"needed": False, "starves": starves})
        return Verdict(
            self.name,
            GateVerdict.UNKNOWN,
            {"needed": True, "starves": starves, "question": question, "why": "waits for an explicit yes"},
        )


def consent_question(case: Case) -> str | None:
    """In words what the person would agree to, None where exposure stays about what it was."""
    before, after = case.before, case.after
    old, new = (sum(s.trades(m) for m in s.markets) for s in (before, after))
    active = [s for s in before.markets if starved(before, s) and not starved(after, s)]
    if not active and new <= old * (1 + MORE_TRADES):
        return None
    parts = [f"trades {old:,} -> {new:,}"]
    for symbol in active:
        metric = after.backtests[symbol].metrics.get("expectancy_bps")
        value = "unknown" if metric is None or metric.value is None else f"{metric.value:+.0f} bps"
        parts.append(f"{symbol} {value} a trade after costs ({after.trades(symbol)} trades)")
    what = (
        "the fix is correct, the edge is unproven"
        if case.patch.kind is PatchKind.FIX
        else "the edge is unproven"
    )
    return "; ".join(parts) + f": {what}"
