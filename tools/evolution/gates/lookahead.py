"""Gate: no candidate that sees the future is promoted.

New logic and new numbers are judged by what they earn, so any look-ahead in them voids the figures. A repair that
leaves an old look-ahead where it was is not to blame for it: that is reported, and a finding of its own."""

from __future__ import annotations

from typing import Any

from tools.analysis.lookahead.ask import asking
from tools.analysis.lookahead.check import Check, check_lookahead
from tools.analysis.probes.base import iso
from tools.analysis.study import Study
from tools.contracts import GateVerdict, PatchKind, Verdict
from tools.evolution.gates.base import Case

SYMBOLS = 3
_EARNS = frozenset({PatchKind.ENHANCEMENT, PatchKind.TUNING})


class LookaheadGate:
    """Cuts and scrambled futures on three symbols, and a search for sparse peeks on the most traded one."""

    name = "lookahead"

    def judge(self, case: Case) -> Verdict:
        """Fails on a proof; ``unknown`` where the strategy never answered about a shortened market."""
        reasons = {w.gate: w.reason for w in case.before.system.config.policy.waivers}
        if self.name in reasons:
            return Verdict(self.name, GateVerdict.REPORT, {"waived": reasons[self.name]})
        checks = look(case.after)
        broken = {symbol: check for symbol, check in checks.items() if check.broken is not None}
        evidence = {
            "symbols": {symbol: _shown(case.after, symbol, check) for symbol, check in checks.items()}
        }
        if not broken:
            known = any(check.known for check in checks.values())
            return Verdict(self.name, GateVerdict.PASS if known else GateVerdict.UNKNOWN, evidence)
        if case.patch.kind not in _EARNS and _was_there(case, set(broken)):
            why = "the strategy saw the future before the patch, too: repair that next"
            return Verdict(self.name, GateVerdict.REPORT, {**evidence, "why": why})
        why = "decisions on earlier bars change when later bars arrive: its figures mean nothing"
        return Verdict(self.name, GateVerdict.FAIL, {**evidence, "why": why})


def look(study: Study, symbols: set[str] | None = None) -> dict[str, Check]:
    """The checks by symbol; the first is searched for sparse peeks."""
    checks = {}
    for place, (symbol, market) in enumerate(study.sample(SYMBOLS).items()):
        if symbols is None or symbol in symbols:
            whole, backtest = study.decisions[symbol], study.backtests[symbol]
            search = place == 0 and study.shown_ahead
            checks[symbol] = check_lookahead(
                asking(study, study.bundle), market, whole, backtest, search=search
            )
    return checks


def _was_there(case: Case, symbols: set[str]) -> bool:
    """Whether the unpatched strategy breaks on one of the same symbols."""
    before = case.before
    for symbol in sorted(symbols):
        check = check_lookahead(
            asking(before, before.bundle),
            before.markets[symbol],
            before.decisions[symbol],
            before.backtests[symbol],
        )
        if check.broken is not None:
            return True
    return False


def _shown(study: Study, symbol: str, check: Check) -> dict[str, Any]:
    found: dict[str, Any] = {
        "cuts": check.cuts,
        "bars_searched": check.searched,
        "unanswered": check.unanswered,
        "broken": check.broken is not None,
    }
    if check.broken is not None:
        time = study.markets[symbol].time
        found |= {
            "future": check.broken.future,
            "from": iso(int(time[check.broken.cut])),
            "decision_at": iso(int(time[check.broken.bar])),
            "decisions_changed": check.broken.bars,
        }
    return found
