"""Invariant: what asks for a short does not ask for a long in the same breath.

Both sides asked for on one bar is no order: neither is taken. One such bar is a tie; a side of which every signal falls on a
signal of the other can never be taken at all, which is what a condition copied from one side to the other looks like.

Convicted when there are ENOUGH signals of a side over all symbols and not one of them stands without the other side's.
False-positive risks: a book that holds both sides at once (a hedge) - the decisions of the contract know one position a symbol,
so its signals do nothing here either. Tolerance: none, one signal that stands alone acquits.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from tools.analysis.probes.base import Conviction, TestPlan, change_at, make_finding
from tools.analysis.probes.protection import written_at
from tools.analysis.study import Study
from tools.contracts import Finding, Severity

ENOUGH = 20
TEST_BARS = 3000
SIDES = ("enter_long", "enter_short")
#: Words of one side: a short that is made of what is called long is the copy, and the other way round.
WORDS = {
    "enter_long": re.compile(r"(?<![a-z])(short|down|dn|bear|sell|lower)", re.IGNORECASE),
    "enter_short": re.compile(r"(?<![a-z])(long|up|bull|buy|upper)", re.IGNORECASE),
}


class BothSidesProbe:
    """A side that is only ever asked for together with the other."""

    name = "both_sides"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction at most."""
        signals = {side: {s: d.column(side) > 0 for s, d in study.decisions.items()} for side in SIDES}
        for side, other in (SIDES, SIDES[::-1]):
            count = sum(int(v.sum()) for v in signals[side].values())
            alone = any(np.any(v & ~signals[other][s]) for s, v in signals[side].items())
            if count >= ENOUGH and not alone:
                return self._convict(study, side, other, count)
        return []

    def _convict(self, study: Study, side: str, other: str, count: int) -> list[Conviction]:
        place = self._copy(study)
        if place is None:
            return []
        file, line, text = place
        symbol = max(study.decisions, key=lambda s: int((study.decisions[s].column(side) > 0).sum()))
        market, decisions = study.markets[symbol], study.decisions[symbol]
        bar = int(np.flatnonzero(decisions.column(side) > 0)[0])
        evidence: dict[str, Any] = {
            "probe": self.name,
            "side": side,
            "signals": count,
            "signals_that_stand_alone": 0,
            **change_at(market, decisions, decisions, bar),
        }
        summary = (
            f"`{text}`: all {count:,} signals for {side} on {len(study.decisions)} symbols fall on a signal for {other}; "
            "both at once is neither, so they are never taken: as if one condition were written for both sides."
        )
        finding = make_finding("duplicated_entry", Severity.HIGH, (file, line, text), summary, evidence)
        bars = min(len(market), max(TEST_BARS, bar + 1))
        return [Conviction(finding, TestPlan("both_sides", symbol, 0, bars, {"side": side, "other": other}))]

    def _copy(self, study: Study) -> tuple[str, int, str] | None:
        """Where the copy stands: at the side that is made of what is called by the other; else at the later one."""
        places = [(side, place) for side in SIDES if (place := written_at(study, side)) is not None]
        for side, (file, line, text) in places:
            made = written_value(study, file, line, side)
            if made and WORDS[side].search(made):
                return file, line, text
        return max((p for _, p in places), key=lambda p: (p[0], p[1]), default=None)


def written_value(study: Study, file: str, line: int, side: str) -> str:
    """The text of what is written to a decision column at a line, the column's own name left out."""
    for node in ast.walk(study.tree.files[file].tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == side and key.lineno == line:
                    return ast.unparse(value)
        here = isinstance(node, ast.Assign) and node.lineno <= line <= (node.end_lineno or node.lineno)
        if here and isinstance(node, ast.Assign) and side in (target := ast.unparse(node.targets[0])):
            return re.sub(rf"\b{side}\b", "", f"{target} {ast.unparse(node.value)}")
    return ""
