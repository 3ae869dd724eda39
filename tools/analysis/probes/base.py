"""What every probe is: an invariant that a sound strategy keeps, tried on this one.

A probe convicts only with an input on which the invariant is broken. It says so in a Finding whose
counterexample holds the input and what went wrong, JSON values only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import pandas as pd

from tools.analysis.study import Study
from tools.contracts import DECISION_COLUMNS, Decisions, Finding, Market, Severity


@dataclass(frozen=True)
class Conviction:
    """What a probe found before it is written up: enough to build the failing test."""

    finding: Finding
    #: What the test module needs; None when no self-contained test can show it.
    test: TestPlan | None = None


@dataclass(frozen=True)
class TestPlan:
    """A window of bars and the invariant to try on it. ``kind`` names a template in failing_test.py."""

    kind: str
    symbol: str
    start: int
    stop: int
    arguments: Mapping[str, Any]

    __test__ = False  # pytest must not collect it


class Raw(str):
    """An argument of a written test that is source text already."""

    __slots__ = ()


class Probe(Protocol):
    """One invariant. ``name`` is used for waivers, gates and reports."""

    name: str

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """Convictions on this study, [] when the invariant holds. Suspects help to name the place."""
        ...


#: Details of a finding whose place is the strategy as a whole, because no line was found to explain it.
UNPLACED: Mapping[str, Any] = MappingProxyType({"unplaced": True})


def finding_id(category: str, file: str, what: str) -> str:
    """A short id that does not move with unrelated lines."""
    return hashlib.sha256(f"{category}|{file}|{what}".encode()).hexdigest()[:10]


def iso(time_ns: int) -> str:
    """UTC ISO text of a bar's open."""
    return pd.Timestamp(time_ns, unit="ns", tz="UTC").isoformat()


def decision_at(decisions: Decisions, bar: int) -> dict[str, float]:
    """The decision of one bar in words, zeros left out."""
    row = decisions.values[bar]
    return {name: float(v) for name, v in zip(DECISION_COLUMNS, row, strict=True) if v != 0}


def change_at(market: Market, before: Decisions, after: Decisions, bar: int) -> dict[str, Any]:
    """The first disagreement, as evidence."""
    return {
        "symbol": market.symbol,
        "bar": int(bar),
        "time": iso(int(market.time[bar])),
        "decision": decision_at(before, bar),
        "decision_then": decision_at(after, bar),
    }


def make_finding(
    category: str,
    severity: Severity,
    place: tuple[str, int, str],
    summary: str,
    counterexample: Mapping[str, Any],
    details: Mapping[str, Any] | None = None,
) -> Finding:
    """``place`` is (file, line, the source text that identifies it)."""
    file, line, what = place
    identity = finding_id(category, file, what)
    return Finding(
        identity, category, severity, file, line, summary, counterexample, None, dict(details or {})
    )
