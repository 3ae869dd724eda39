"""Gate: P&L beside the fix, good or bad. A report, never a reason: the right repair may well lose money."""

from __future__ import annotations

from typing import Any

from tools.analysis.silence.cost import starved
from tools.analysis.study import Study
from tools.contracts import Backtest, GateVerdict, Verdict
from tools.evolution.gates.base import Case

COUNTS = frozenset({"trades", "open_trades"})
SHOWN = (
    "trades",
    "open_trades",
    "net_return",
    "gross_return",
    "expectancy_bps",
    "max_drawdown",
    "sharpe",
    "fees",
    "exposure",
)


class PnlGate:
    """Before and after, by symbol."""

    name = "pnl"

    def judge(self, case: Case) -> Verdict:
        """Always ``report``. ``newly_active`` are the symbols that were starved and trade now."""
        before, after = account_json(case.before), account_json(case.after)
        newly = [s for s in before if starved(case.before, s) and not starved(case.after, s)]
        shown = {s: {"before": before[s], "after": after[s]} for s in before}
        return Verdict(self.name, GateVerdict.REPORT, {"symbols": shown, "newly_active": newly})


def account_json(study: Study) -> dict[str, dict[str, Any]]:
    """Symbol -> the figures that are shown beside a patch; None where a figure is not known."""
    return {s: figures(b) for s, b in sorted(study.backtests.items())}


def figures(backtest: Backtest) -> dict[str, Any]:
    """The shown metrics of one account."""
    known = {name: m.value for name in SHOWN if (m := backtest.metrics.get(name)) is not None}
    return {name: int(v) if name in COUNTS and v is not None else v for name, v in known.items()}
