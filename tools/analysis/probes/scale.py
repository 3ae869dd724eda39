"""Invariant: the unit in which a market is counted decides nothing.

A market that is 8 times busier (or dearer) but otherwise the same must get the same decisions, bar for bar.
Where it does not, the conditions whose two sides grow by different powers of the factor are the culprits; each
is convicted by a replay: the scaled market with the culprits' outcomes of the plain market must give the plain
decisions back, and without the culprit's own it must not.

False-positive risks: logarithms of prices are not exact under scaling, so a tie may flip; a strategy that means to
trade only above a certain turnover is scale-dependent on purpose and is waived in mendel.toml.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from tools.analysis.probes.base import Conviction, TestPlan, change_at, make_finding
from tools.analysis.probes.window import smallest_window
from tools.analysis.scaling import FACTOR, scale_amounts, scale_prices
from tools.analysis.silence.cost import costs_of, opening_outcome, starved
from tools.analysis.silence.instrument import Condition
from tools.analysis.silence.rates import Rate, decode, exponent, is_zero
from tools.analysis.study import Study, differs
from tools.contracts import Decisions, Finding, Market, Severity

Scaling = Callable[[Market, float], Market]
#: Sizes and distances may carry rounding; entries and exits are compared exactly all the same.
TOLERANCE = 1e-9


class ScaleProbe:
    """Volume or price scale, by powers of two."""

    def __init__(self, name: str, category: str, scaling: Scaling, unit: str, test_kind: str) -> None:
        self.name, self.category, self.scaling = name, category, scaling
        self.unit, self.test_kind = unit, test_kind

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction a culprit; one for the strategy as a whole where no condition explains the change."""
        markets = study.sample(3)
        for factor in (FACTOR, 1.0 / FACTOR):
            scaled = {s: self.scaling(m, factor) for s, m in markets.items()}
            answers = study.runner.decide_many(study.bundle, scaled)
            for symbol, market in markets.items():
                then = answers[symbol].decisions
                if then is None:
                    continue
                changed = np.flatnonzero(differs(study.decisions[symbol], then, tolerance=TOLERANCE))
                if changed.size:
                    return self._convict(study, market, scaled[symbol], factor, then, changed)
        return []

    def _convict(
        self,
        study: Study,
        market: Market,
        scaled: Market,
        factor: float,
        then: Decisions,
        changed: np.ndarray,
    ) -> list[Conviction]:
        evidence = {
            "probe": self.name,
            "factor": factor,
            "unit": self.unit,
            "decisions_changed": int(changed.size),
            "bars": len(market),
            **change_at(market, study.decisions[market.symbol], then, int(changed[0])),
        }
        slots, sufficient = self._culprits(study, market, scaled, factor)
        plan = self._plan(study, market, factor, changed)
        found = [self._write_up(study, slot, market.symbol, evidence, plan) for slot in slots]
        if not found or not sufficient:
            found.append(self._unplaced(study, evidence, plan, bool(found)))
        return found

    def _culprits(
        self, study: Study, market: Market, scaled: Market, factor: float
    ) -> tuple[list[int], bool]:
        """Slots that are each necessary for the change, and whether together they explain all of it."""
        symbol = market.symbol
        then = decode(study.traced({symbol: scaled})[symbol].outcome.trace)
        mismatched = [
            c.slot
            for c in study.instrumented.conditions
            if c.kind == "compare"
            and c.slot in then
            and _mismatch(study.rates[symbol][c.slot], then[c.slot], factor)
        ]
        if not mismatched:
            return [], False
        plain = study.traced({symbol: market}, record=tuple(mismatched))[symbol].outcome.series
        if not self._replayed_equal(study, scaled, plain, mismatched):
            return mismatched, False
        if len(mismatched) == 1:
            return mismatched, True
        needed = [
            slot
            for slot in mismatched
            if not self._replayed_equal(study, scaled, plain, [s for s in mismatched if s != slot])
        ]
        return (needed or mismatched), True

    def _replayed_equal(self, study: Study, scaled: Market, plain: Any, slots: list[int]) -> bool:
        answer = study.traced({scaled.symbol: scaled}, replay={s: plain[s] for s in slots})[scaled.symbol]
        if answer.decisions is None:
            return False
        return not differs(study.decisions[scaled.symbol], answer.decisions, tolerance=TOLERANCE).any()

    def _plan(self, study: Study, market: Market, factor: float, changed: np.ndarray) -> TestPlan | None:
        def breaks(window: Market) -> bool:
            a = study.runner.decide(study.bundle, window).decisions
            b = study.runner.decide(study.bundle, self.scaling(window, factor)).decisions
            return a is not None and b is not None and bool(differs(a, b, tolerance=TOLERANCE).any())

        for bar in (int(changed[0]), int(changed[len(changed) // 2])):
            window = smallest_window(market, bar, breaks)
            if window is not None:
                return TestPlan(self.test_kind, market.symbol, *window, {"factor": factor})
        return None

    def _write_up(
        self, study: Study, slot: int, symbol: str, evidence: dict[str, Any], plan: TestPlan | None
    ) -> Conviction:
        condition = study.instrumented.conditions[slot]
        opens = opening_outcome(study, slot, study.sample(3))
        bill = costs_of(study, slot, opens)
        silent = [s for s in bill if starved(study, s)]
        rate = study.rates[symbol][slot]
        constant = "right" if exponent_zero(rate, "right") else "left"
        details = {
            "condition": asdict(condition),
            "constant_side": constant,
            "opens_when": opens,
            "unit": self.unit,
            "threshold": threshold_of(rate, constant),
            "costs": {s: asdict(c) for s, c in bill.items()},
            "starved": silent,
            "vector": rate.vector,
            "rates": {s: study.rates[s][slot].share for s in study.markets},
        }
        counterexample = {**evidence, "condition": condition.text, "costs": details["costs"]}
        place = (condition.file, condition.line, condition.text)
        summary = _summary(condition, self.unit, silent)
        finding = make_finding(self.category, Severity.HIGH, place, summary, counterexample, details)
        return Conviction(finding, plan)

    def _unplaced(
        self, study: Study, evidence: dict[str, Any], plan: TestPlan | None, partly: bool
    ) -> Conviction:
        file, line = study.system.target_place(study.tree)
        more = "beside the conditions named, something else" if partly else "something outside any condition"
        summary = f"Decisions depend on the unit of {self.unit}: {more} changes when it is scaled by {evidence['factor']:g}."
        place = (file, line, f"{self.name}:strategy")
        return Conviction(make_finding("scale_dependence", Severity.MEDIUM, place, summary, evidence), plan)


def _mismatch(before: Rate, after: Rate, factor: float) -> bool:
    if is_zero(before, "left") or is_zero(before, "right") or before.true == after.true == 0:
        return False
    left, right = exponent(before, after, "left", factor), exponent(before, after, "right", factor)
    return left is not None and right is not None and left != right


def exponent_zero(rate: Rate, side: str) -> bool:
    """Whether a side was the same number at every sample."""
    values = getattr(rate, side)
    known = values[np.isfinite(values)]
    return bool(known.size and np.all(known == known[0]))


def threshold_of(rate: Rate, side: str) -> float | None:
    """The constant, where it is one."""
    values = getattr(rate, side)
    known = values[np.isfinite(values)]
    return float(known[0]) if known.size and np.all(known == known[0]) else None


def _summary(condition: Condition, unit: str, silent: list[str]) -> str:
    starves = f" It starves {', '.join(silent)}." if silent else ""
    return (
        f"`{condition.text}` in {condition.function}() compares {unit} with a fixed number, so what it lets "
        f"through depends on the size of the market, not on its behaviour.{starves}"
    )


VOLUME_SCALE = ScaleProbe("volume_scale", "absolute_threshold", scale_amounts, "volume", "amount_scale")
PRICE_SCALE = ScaleProbe("price_scale", "absolute_price", scale_prices, "price", "price_scale")
