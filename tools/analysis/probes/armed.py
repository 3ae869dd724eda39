"""Invariant: a stop that is set stops something.

A number whose name says stop, trail or take profit and that the source uses is set so near that every price would touch it (a
tenth, a twentieth of what it is). When not one decision moves on any symbol with enough entries, no position is ever
held to it: the rule that reads it is never asked, compares the wrong things, or its outcome is thrown away.

It sees what decision columns do not show: bots that close positions themselves. A number that nothing reads is another probe's
matter (a setting without a use); one that is read into what nobody looks at is this one's. False-positive risks: names with "stop" that mean something else (an hour, a count of bars, a
switch) are left out. Tolerance: none, one decision acquits.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Any

from tools.analysis.probes.base import Conviction, TestPlan, make_finding
from tools.analysis.probes.numbers import Number, settings_numbers, with_number
from tools.analysis.probes.reads import Reads
from tools.analysis.study import Study, differs
from tools.contracts import Finding, Severity

WORDS = re.compile(
    r"(^|_)(stop|stops|stoploss|sl|trail|trailing|takeprofit|tp)(_|$)|stop_?loss|take_?profit", re.IGNORECASE
)
OTHER = re.compile(
    r"hour|minute|second|day|bar|time|after|count|max_|period|window|len|lookback|enable|use_|offset|mode|_n$|span",
    re.IGNORECASE,
)
NEARER = (10.0, 20.0)
ENTRIES = 10


class ArmedProbe:
    """Stops that stop nothing."""

    name = "armed"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction for each such number."""
        if sum(int((d.entries() != 0).sum()) for d in study.decisions.values()) < ENTRIES:
            return []
        reads = Reads(study)
        candidates = [
            n
            for n in settings_numbers(study)
            if WORDS.search(n.name) and not OTHER.search(n.name) and n.value and not isinstance(n.value, bool)
        ]
        used = [n for n in candidates if n.name not in reads.given and self._read(n, reads)]
        return [c for n in used if (c := self._try(study, n, reads)) is not None]

    def _read(self, number: Number, reads: Reads) -> bool:
        """Whether it is read at all, be it into something that nobody looks at."""
        loads = reads.loads.get(number.name, ())
        return any((d.file.path, getattr(d.node, "lineno", 0)) != (number.file, number.line) for d in loads)

    def _try(self, study: Study, number: Number, reads: Reads) -> Conviction | None:
        tried = [number.value / by for by in NEARER]
        for value in tried:
            bundle = study.store.derive(study.bundle, with_number(study, number, value))
            for symbol, answer in study.runner.decide_many(bundle, study.markets).items():
                if answer.decisions is None or differs(study.decisions[symbol], answer.decisions).any():
                    return None
        file, line, text = self._place(study, number, reads)
        entries = sum(int((d.entries() != 0).sum()) for d in study.decisions.values())
        evidence: dict[str, Any] = {
            "probe": self.name,
            "setting": number.shown,
            "tried": tried,
            "entries": entries,
            "decisions_changed": 0,
        }
        kind = "target" if re.search(r"profit|(^|_)tp(_|$)", number.name, re.IGNORECASE) else "stop"
        summary = (
            f"`{text}` is to hold positions to `{number.shown}`, but none of {entries:,} is: {tried} in its place change no "
            "decision on any symbol."
        )
        finding = make_finding(f"{kind}_never_armed", Severity.HIGH, (file, line, text), summary, evidence)
        symbol = study.by_activity[0]
        arguments = {"file": number.file, "name": number.name, "tried": tried}
        plan = TestPlan(
            "data_constant" if number.kind == "data" else "constant",
            symbol,
            0,
            len(study.markets[symbol]),
            arguments,
        )
        return Conviction(finding, plan)

    def _place(self, study: Study, number: Number, reads: Reads) -> tuple[str, int, str]:
        """Where it is compared; else where it is last read; else where it stands."""
        loads = [
            load
            for load in reads.loads.get(number.name, ())
            if isinstance(load.function, ast.FunctionDef) and not isinstance(load.node, ast.Constant)
        ] or [
            load
            for load in reads.loads.get(number.name, ())
            if (load.file.path, getattr(load.node, "lineno", 0)) != (number.file, number.line)
        ]
        compared = [
            load for load in loads if any(isinstance(n, ast.Compare) for n in ast.walk(load.statement))
        ]
        for load in [*compared, *loads[::-1]]:
            line = int(getattr(load.node, "lineno", 1))
            return load.file.path, line, load.file.text.splitlines()[line - 1].strip()
        text = study.store.read(study.bundle, number.file).splitlines()[number.line - 1].strip()
        return number.file, number.line, text
