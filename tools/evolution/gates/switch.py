"""Gate: with its switch off, an enhancement decides exactly what the system decided before, on every symbol."""

from __future__ import annotations

from tools.analysis.study import differs
from tools.contracts import GateVerdict, Verdict
from tools.evolution.gates.base import Case, verdict
from tools.system.runner import require


class SwitchGate:
    """The way back without a rollback."""

    name = "switched_off"

    def judge(self, case: Case) -> Verdict:
        """Fails with the symbols named whose decisions differ on any bar, in any column."""
        if case.off_bundle is None:
            why = "no version with the switch off was given; make the enhancement by generate_enhancement"
            return Verdict(self.name, GateVerdict.UNKNOWN, {"why": why})
        off = case.before.runner.decide_many(case.off_bundle, case.before.markets)
        bars = {
            symbol: int(differs(require(answer), case.before.decisions[symbol]).sum())
            for symbol, answer in off.items()
        }
        faults = [
            f"{symbol}: {n} bars are decided otherwise although it is off" for symbol, n in bars.items() if n
        ]
        return verdict(
            self.name,
            not faults,
            faults=faults,
            switch=case.switch,
            symbols=len(bars),
            bundle=case.off_bundle[:12],
        )
