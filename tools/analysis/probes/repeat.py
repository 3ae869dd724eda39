"""Invariant: the same bars get the same answer, whatever was asked before.

The strategy is called twice in one process, the first time on another market of the same length. A module-level
cache, a mutable default argument or a class attribute that survives a call shows as a difference from the answer of
a fresh process. Chance is another probe's matter (determinism), which goes first.

False-positive risks: none known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tools.analysis.probes.base import UNPLACED, Conviction, TestPlan, change_at, make_finding
from tools.analysis.probes.shared import shared_place
from tools.analysis.study import Study, differs
from tools.contracts import Decisions, Finding, Market, Severity

#: How the child tells another market's columns, which the first call gets, from the market's own.
BEFORE = "before:"
SAME, BACKWARDS = "the same bars", "the same rows in reverse, with twice the moves"
#: Relative; what written tests tell apart.
SEEN = 1e-6
STATE_CATEGORIES = ("module_state", "mutable_default", "state_leak")


class RepeatProbe:
    """State between calls."""

    name = "symbol_isolation"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """At most one conviction."""
        for symbol, market in study.sample(2).items():
            usual = study.decisions[symbol]
            answers = study.runner.decide_many(study.bundle, self._before(study, market), repeat=2)
            for label, answer in answers.items():
                then = answer.decisions
                if then is not None and differs(usual, then).any():
                    places = [s for s in suspects if s.category in STATE_CATEGORIES]
                    return [self._write_up(study, market, usual, then, label, places)]
        return []

    def _before(self, study: Study, market: Market) -> dict[str, Market]:
        """What is to be called first -> the market with it: itself, another of the same length beside it, and other bars."""
        others = [study.markets[s] for s in study.by_activity if s != market.symbol]
        long_enough = [o.cut(0, len(market)) for o in others if len(o) >= len(market)]
        beside = {
            o.symbol: market.with_columns({f"{BEFORE}{n}": v for n, v in o.columns.items()})
            for o in long_enough[:1]
        }
        return {SAME: market, **beside, BACKWARDS: reversed_first(market)}

    def _write_up(
        self,
        study: Study,
        market: Market,
        usual: Decisions,
        then: Decisions,
        label: str,
        places: list[Finding],
    ) -> Conviction:
        changed = np.flatnonzero(differs(usual, then))
        evidence: dict[str, Any] = {
            "probe": self.name,
            "called_before": label,
            "decisions_changed": int(changed.size),
            **change_at(market, usual, then, int(changed[0])),
        }
        place = places[0] if places else None
        found = None if place else shared_place(study, lambda bundle: self._holds(study, bundle, market))
        file, line = (place.file, place.line) if place else found or study.target_place
        what = place.summary if place else "The strategy keeps state between calls."
        text = (
            f"{what} After a call on {label}, {changed.size} bars of {market.symbol} are decided differently."
        )
        known = place.details if place else {} if found else UNPLACED
        details = {**known, "suspects": [f"{p.file}:{p.line}" for p in places]}
        identity = str(place.details.get("expression", place.id)) if place else "strategy"
        finding = make_finding("state_leak", Severity.HIGH, (file, line, identity), text, evidence, details)
        return Conviction(finding, self._plan(study, market))

    def _holds(self, study: Study, bundle: str, market: Market) -> bool:
        """Whether a changed bundle answers alike, whatever was asked before."""
        once = study.runner.decide(bundle, market).decisions
        if once is None:
            return False
        answers = study.runner.decide_many(bundle, self._before(study, market), repeat=2).values()
        return all(a.decisions is not None and not differs(once, a.decisions).any() for a in answers)

    def _plan(self, study: Study, market: Market) -> TestPlan | None:
        """The shortest of some windows on which the same bars, or the bars backwards, show it."""
        for size in (300, 1500, 6000, len(market)):
            window = market.cut(0, min(size, len(market)))
            once = study.runner.decide(study.bundle, window).decisions
            for kind, asked in (("repeat", window), ("repeat_other", reversed_first(window))):
                twice = study.runner.decide(study.bundle, asked, repeat=2).decisions
                if once is not None and twice is not None and differs(once, twice, tolerance=SEEN).any():
                    prices = list(market.columns_of("price"))
                    return TestPlan(kind, market.symbol, 0, len(window), {"prices": prices})
        return None


def reversed_first(market: Market) -> Market:
    """The market with other bars as what is asked before: its own rows, last to first, each price as far again from the
    first close. Reversed alone, a statistic of all bars would be the same."""
    other = {n: v[::-1].copy() for n, v in market.columns.items()}
    middle = float(other["close"][0])
    other |= {n: other[n] ** 2 / middle for n in market.columns_of("price")}
    return market.with_columns({f"{BEFORE}{n}": v for n, v in other.items()})
