"""Invariant: the unit in which a market is counted decides nothing.

A market that is 8 times busier (or dearer) but otherwise the same must get the same decisions, bar for bar.
Where it does not, the conditions whose two sides grow by different powers of the factor are the culprits; each
is convicted by a replay: the scaled market with the culprits' outcomes of the plain market must give the plain
decisions back, and without the culprit's own it must not.

False-positive risks: logarithms of prices are not exact under scaling, so a tie may flip; a strategy that means to
trade only above a certain turnover is scale-dependent on purpose and is waived in mendel.toml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from tools.analysis.probes.base import UNPLACED, Conviction, TestPlan, change_at, make_finding
from tools.analysis.probes.numbers import Number, all_numbers, times, with_numbers
from tools.analysis.probes.window import smallest_window
from tools.analysis.scaling import FACTOR, scale_amounts, scale_prices
from tools.analysis.silence.cost import STARVED_SHARE, costs_of, opening_outcome, starved
from tools.analysis.silence.instrument import Condition
from tools.analysis.silence.rates import Rate, decode, exponent, is_zero
from tools.analysis.study import Study, differs
from tools.contracts import Decisions, Finding, Market, Severity

Scaling = Callable[[Market, float], Market]
#: Market, scaled market, factor, changed bars.
Break = tuple[Market, Market, float, np.ndarray]
#: Sizes and distances may carry rounding; entries and exits are compared exactly all the same.
TOLERANCE = 1e-6
#: Powers of two. A number far above one market and far below another shows only by the large ones; what they leave as it
#: is, the mild ones between them leave, too, so that they come first, and the mild ones only where something moved.
LARGE = (FACTOR**4, 1.0 / FACTOR**4)
FACTORS = (FACTOR, 1.0 / FACTOR, *LARGE)
#: Written numbers tried where no condition explains a change.
MOST_NUMBERS = 60


class ScaleProbe:
    """Volume or price scale, by powers of two."""

    def __init__(self, name: str, category: str, scaling: Scaling, unit: str, test_kind: str) -> None:
        self.name, self.category, self.scaling = name, category, scaling
        self.unit, self.test_kind = unit, test_kind

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction for each number compared with; one for the strategy as a whole where no condition explains
        the change."""
        suspects, breaks = list(suspects), list(self._breaks(study))
        culprits: dict[int, str] = {}
        explained = True
        for market, scaled, factor, _ in breaks:
            slots, sufficient = self._culprits(study, market, scaled, factor, set(culprits))
            culprits |= slots
            explained &= sufficient
        if not breaks:
            return []
        market, _, factor, changed = breaks[0]
        evidence, plan = self._evidence(study, *breaks[0]), self._plan(study, market, factor, changed)
        fixed = {slot: side for slot, side in culprits.items() if not set_by_symbol(study, slot, side)}
        found = [self._write_up(study, group, evidence, plan) for group in by_constant(study, fixed)]
        if culprits and not fixed and explained:
            return []  # numbers that are set for each symbol are meant
        if found and explained:
            return found
        written = self._written(study, *breaks[0][:3], suspects)
        if written:
            return [self._named(study, n, evidence, plan) for n in _where_used(written)]
        if abs(np.log2(factor)) > abs(np.log2(FACTOR)):
            return found  # roundings of logarithms and sums grow with the factor: alone it convicts nothing
        likely = next((s for s in suspects if s.category in ("absolute_threshold", "price_epsilon")), None)
        more = (
            "beside the conditions named, something else"
            if found
            else "something that no single condition explains"
        )
        return [*found, self._unplaced(study, evidence, plan, None if found else likely, more)]

    def _breaks(self, study: Study) -> Iterator[Break]:
        """Every symbol tried whose decisions change, with the mildest factor that changes them."""
        markets = study.varied()
        moved: dict[str, Break] = {}
        for factor in LARGE:
            moved |= self._moved(study, {s: m for s, m in markets.items() if s not in moved}, factor)
        mild: dict[str, Break] = {}
        for factor in FACTORS[:2]:
            mild |= self._moved(study, {s: markets[s] for s in moved if s not in mild}, factor)
        yield from ({**moved, **mild}[symbol] for symbol in markets if symbol in moved)

    def _moved(self, study: Study, markets: Mapping[str, Market], factor: float) -> dict[str, Break]:
        """The symbols whose decisions change by one factor; asked about side by side."""
        scaled = {s: self.scaling(m, factor) for s, m in markets.items()}
        found: dict[str, Break] = {}
        for symbol, answer in study.runner.decide_many(study.bundle, scaled).items():
            if answer.decisions is not None:
                apart = differs(study.decisions[symbol], answer.decisions, tolerance=TOLERANCE)
                if apart.any():
                    found[symbol] = (markets[symbol], scaled[symbol], factor, np.flatnonzero(apart))
        return found

    def _evidence(
        self, study: Study, market: Market, scaled: Market, factor: float, changed: np.ndarray
    ) -> dict[str, Any]:
        then = study.runner.decide(study.bundle, scaled).decisions
        assert then is not None
        return {
            "probe": self.name,
            "factor": factor,
            "unit": self.unit,
            "decisions_changed": int(changed.size),
            "bars": len(market),
            **change_at(market, study.decisions[market.symbol], then, int(changed[0])),
        }

    def _culprits(
        self, study: Study, market: Market, scaled: Market, factor: float, known: set[int]
    ) -> tuple[dict[int, str], bool]:
        """Slot -> side of the constant, of conditions that are each necessary for the change, and whether together
        they explain all of it. ``known`` are culprits of other markets: where they explain this one, too, it has no others."""
        symbol = market.symbol
        mismatched = self._mismatched_on(study, scaled, factor)
        if not mismatched:
            return {}, False
        plain = study.traced({symbol: market}, record=tuple(mismatched))[symbol].outcome.series
        again = [slot for slot in mismatched if slot in known]
        if again and self._replayed_equal(study, scaled, plain, again):
            return {slot: mismatched[slot] for slot in again}, True
        if not self._replayed_equal(study, scaled, plain, list(mismatched)):
            return mismatched, False
        if len(mismatched) == 1:
            return mismatched, True
        needed = {
            slot: side
            for slot, side in mismatched.items()
            if not self._replayed_equal(study, scaled, plain, [s for s in mismatched if s != slot])
        }
        return (needed or mismatched), True

    def mismatched(self, study: Study) -> set[int]:
        """Slots of the conditions whose two sides grow by different powers of the factor, whether that changes a decision
        on these markets or not."""
        markets = study.varied().values()
        return {
            s for m in markets for f in FACTORS for s in self._mismatched_on(study, self.scaling(m, f), f)
        }

    def _mismatched_on(self, study: Study, scaled: Market, factor: float) -> dict[int, str]:
        """Slot -> side of the constant, on one scaled market."""
        then = decode(study.traced({scaled.symbol: scaled})[scaled.symbol].outcome.trace)
        rates = study.rates[scaled.symbol]
        compared = [c.slot for c in study.instrumented.conditions if c.kind == "compare" and c.slot in then]
        sides = {slot: constant_side(rates[slot], then[slot], factor) for slot in compared}
        return {slot: side for slot, side in sides.items() if side is not None}

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
                grown = self.scaling(market, factor)
                scaled = [
                    n
                    for n in market.columns
                    if not np.array_equal(grown.columns[n], market.columns[n], equal_nan=True)
                ]
                return TestPlan(self.test_kind, market.symbol, *window, {"factor": factor, "scaled": scaled})
        return None

    def _write_up(
        self, study: Study, group: dict[int, str], evidence: dict[str, Any], plan: TestPlan | None
    ) -> Conviction:
        parts = [part_of(study, slot, side) for slot, side in group.items()]
        conditions = [study.instrumented.conditions[slot] for slot in group]
        silent = sorted({s for part in parts for s in freed_by(study, part["costs"])})
        details = {
            "conditions": parts,
            "unit": self.unit,
            "starved": silent,
            "blocks": sorted({s for part in parts for s in blocked_by(study, part["costs"])}),
            "timeframe_minutes": next(iter(study.markets.values())).timeframe_minutes,
            "editable": sorted(f for f in study.tree.files if study.system.editable(f)),
        }
        first = conditions[0]
        shown = {"conditions": [c.text for c in conditions], "costs": parts[0]["costs"]}
        place = (first.file, first.line, "|".join(c.text for c in conditions))
        summary = _summary(conditions, self.unit, silent)
        counterexample = {**evidence, **shown}
        return Conviction(
            make_finding(self.category, Severity.HIGH, place, summary, counterexample, details), plan
        )

    def _written(
        self, study: Study, market: Market, scaled: Market, factor: float, suspects: Sequence[Finding]
    ) -> list[Number]:
        """The written numbers that are counted in the unit: grown with the market, they give the plain decisions back. One alone,
        else those that together do and each bring it nearer; [] where they are set for each symbol, or none explains it."""
        symbols = {str(k) for s in study.markets for k in (s, s.removesuffix("USDT"))}
        near = {(s.file, s.line) for s in suspects if s.category in ("absolute_threshold", "price_epsilon")}
        numbers = [n for n in all_numbers(study) if n.value not in (0, 1) and not symbols & set(n.keys)]
        numbers = sorted(numbers, key=lambda n: (n.file, n.line) not in near)[:MOST_NUMBERS]
        plain = study.decisions[market.symbol]
        kept: list[Number] = []
        left = self._apart(study, plain, scaled, factor, kept)
        for number in numbers:
            now = self._apart(study, plain, scaled, factor, [*kept, number])
            if now < left:
                kept, left = [*kept, number], now
            if not left:
                return [
                    n
                    for n in kept
                    if self._apart(study, plain, scaled, factor, [k for k in kept if k is not n])
                ]
        return []

    def _apart(
        self, study: Study, plain: Decisions, scaled: Market, factor: float, grown: Sequence[Number]
    ) -> float:
        """Decisions on the scaled market that differ from the plain ones when these numbers grow with it."""
        bundle = study.store.derive(study.bundle, with_numbers(study, {n: times(n, factor) for n in grown}))
        then = study.runner.decide(bundle, scaled).decisions
        return np.inf if then is None else float(differs(plain, then, tolerance=TOLERANCE).sum())

    def _named(
        self, study: Study, number: Number, evidence: dict[str, Any], plan: TestPlan | None
    ) -> Conviction:
        text = study.store.read(study.bundle, number.file).splitlines()[number.line - 1].strip()
        summary = (
            f"`{number.value:g}` in `{text}` is counted in the unit of {self.unit}: only when it grows with the market, too, the "
            "decisions stay the same. What passes depends on the size of the market, not on its behaviour."
        )
        place = (number.file, number.line, text)
        shown = {**evidence, "number": number.value}
        details = {"unit": self.unit}
        return Conviction(make_finding(self.category, Severity.HIGH, place, summary, shown, details), plan)

    def _unplaced(
        self, study: Study, evidence: dict[str, Any], plan: TestPlan | None, likely: Finding | None, more: str
    ) -> Conviction:
        """A conviction of the strategy as a whole; its place is the one that the static detector suspects, where it does."""
        file, line = (likely.file, likely.line) if likely else study.target_place
        summary = f"Decisions depend on the unit of {self.unit}: {more} changes when it is scaled by {evidence['factor']:g}."
        if likely is not None:
            summary += f" Suspected: {likely.summary}"
        place = (file, line, f"{self.name}:strategy")
        details = {} if likely else UNPLACED
        return Conviction(
            make_finding("scale_dependence", Severity.MEDIUM, place, summary, evidence, details), plan
        )


def _where_used(numbers: Sequence[Number]) -> list[Number]:
    """Of numbers that only together explain a change, those that stand in expressions: where they meet is what is wrong, not
    where the settings among them are given their values."""
    used = [n for n in numbers if n.kind == "literal"]
    return used if used and len(numbers) > 1 else list(numbers)


def constant_side(before: Rate, after: Rate, factor: float) -> str | None:
    """The side that stays the same while the other grows with the market; None where the sides agree, where one of
    them is 0 (which has no unit) or where it cannot be told."""
    if is_zero(before, "left") or is_zero(before, "right") or before.true == after.true == 0:
        return None
    left, right = exponent(before, after, "left", factor), exponent(before, after, "right", factor)
    if left is None or right is None or left == right:
        return None
    return "right" if abs(right) < abs(left) else "left"


def by_constant(study: Study, culprits: dict[int, str]) -> list[dict[int, str]]:
    """Culprits that compare with the same number, by its name or as the same literal in one file, are one finding."""
    groups: dict[str, dict[int, str]] = {}
    for slot, side in culprits.items():
        condition = study.instrumented.conditions[slot]
        text = condition.left if side == "left" else condition.right
        names = re.findall(r"(?<!\w)[A-Za-z_][\w.]*", text)
        named = [n.split(".")[-1] for n in names if n not in {"e", "float", "abs"}]
        key = named[-1] if named else f"{condition.file}: {text}"
        groups.setdefault(key, {})[slot] = side
    return list(groups.values())


def part_of(study: Study, slot: int, side: str) -> dict[str, Any]:
    """One condition's evidence: what it lets through on each symbol, and what opening it would give."""
    condition, opens = study.instrumented.conditions[slot], opening_outcome(study, slot, study.sample(3))
    symbol = study.by_activity[0]
    costs = {s: asdict(c) for s, c in costs_of(study, slot, opens is not False).items()}
    return {
        "condition": asdict(condition),
        "constant_side": side,
        "opens_when": opens,
        "vector": study.rates[symbol][slot].vector,
        "asked_per_bar": study.rates[symbol][slot].evaluated / max(1, len(study.markets[symbol])),
        "threshold": threshold_of(study.rates[symbol][slot], side),
        "usual": {s: usual_size(study.rates[s][slot], side) for s in study.markets},
        "costs": costs,
    }


def freed_by(study: Study, costs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The starved symbols that opening the condition would free."""
    enough = STARVED_SHARE * max(study.trades(s) for s in study.markets)
    opened = {s: c["trades_if_open"] or 0 for s, c in costs.items()}
    return [s for s, n in opened.items() if starved(study, s) and n > study.trades(s) and n >= enough]


def usual_size(rate: Rate, constant: str) -> float | None:
    """Median absolute value of the measured side, from the tracer's samples; None where there are none."""
    values = np.abs(rate.left if constant == "right" else rate.right)
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else None


def blocked_by(study: Study, costs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The starved symbols on which the condition lets through less than half of what it does where it lets most through,
    whether or not something else blocks them, too."""
    rates = {s: c["pass_rate"] or 0.0 for s, c in costs.items()}
    return [s for s, r in rates.items() if starved(study, s) and r < 0.5 * max(rates.values())]


def set_by_symbol(study: Study, slot: int, side: str) -> bool:
    """Whether the number is another one on another symbol: then it is a setting of that symbol, and meant."""
    known = {
        threshold_of(study.rates[s][slot], side) for s in study.markets if study.rates[s][slot].evaluated
    }
    return None not in known and len(known) > 1


def threshold_of(rate: Rate, side: str) -> float | None:
    """The constant, where it is one number."""
    values = getattr(rate, side)
    known = values[np.isfinite(values)]
    return float(known[0]) if known.size and np.all(known == known[0]) else None


def _summary(conditions: list[Condition], unit: str, silent: list[str]) -> str:
    texts = " and ".join(f"`{c.text}`" for c in conditions)
    verb = "compares" if len(conditions) == 1 else "compare"
    starves = f" It starves {', '.join(silent)}." if silent else ""
    return (
        f"{texts} in {conditions[0].function}() {verb} {unit} with a fixed number, so what passes depends on the "
        f"size of the market, not on its behaviour.{starves}"
    )


VOLUME_SCALE = ScaleProbe("volume_scale", "absolute_threshold", scale_amounts, "volume", "amount_scale")
PRICE_SCALE = ScaleProbe("price_scale", "absolute_price", scale_prices, "price", "price_scale")
