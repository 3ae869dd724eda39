"""Invariant: a time counts what its name says.

A quantity called seconds, minutes, hours or days that moves by the same amount from bar to bar must move by the length of
a bar in that unit; one that moves by 60 or 3,600 times as much, or as little, is counted in another unit. A quantity called
hour (or hour_utc) that is taken from the bars' times must be their hour in UTC, unless the source names a time zone and
does not call the result UTC.

False-positive risks: a name that means something else; only factors of 24, 60, 3600 and 86400 (and powers of ten between
seconds and nanoseconds) convict, and only exact ones (1 %).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from tools.analysis.probes.base import Conviction, Raw, TestPlan, make_finding
from tools.analysis.probes.watch import Finder, Watched, named_values, position, watched_rates
from tools.analysis.silence.rates import Rate
from tools.analysis.study import Study
from tools.contracts import Finding, Market, Severity

SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "millisecond": 1e-3}
SHORT = {
    "secs": "second",
    "sec": "second",
    "mins": "minute",
    "min": "minute",
    "hrs": "hour",
    "ms": "millisecond",
}
FACTORS = (24.0, 60.0, 1440.0, 3600.0, 86400.0, 1e3, 1e6, 1e9)
ZONES = re.compile(r"tz_convert|tz_localize|ZoneInfo|timezone\(")
TEST_BARS = 1500
#: A name keeps its meaning on any bars: no need for all of them.
MOST_BARS = 6000
SHORT_BARS = 256


class UnitProbe:
    """Minutes that are seconds, hours of another zone."""

    name = "declared_units"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction a quantity at most."""
        market = study.markets[study.by_activity[0]]
        market = market.cut(0, min(len(market), MOST_BARS))
        found = []
        watched = [w for w in named_values(study) if unit_of(w.name) or clock_part(w.name)]
        watched += hour_reads(study)
        if not watched:
            return []
        rates = watched_rates(study, watched, {market.symbol: market})[market.symbol]
        for item, rate in zip(watched, rates, strict=True):
            if rate is None:
                continue
            conviction = self._hour(study, item, rate, market) or self._step(study, item, rate, market)
            found += [conviction] if conviction else []
        return found

    def _step(self, study: Study, item: Watched, rate: Rate, market: Market) -> Conviction | None:
        unit = unit_of(item.name)
        if unit is None:
            return None
        step = market.timeframe_minutes * 60.0 / SECONDS[unit]
        series = consecutive(study, item, market)
        moves = np.abs(np.diff(series))
        moves = moves[np.isfinite(moves) & (moves > 0)]
        if moves.size < 30:
            return None
        usual = float(np.median(moves))
        if np.mean(np.isclose(moves, usual, rtol=0.01)) < 0.5:
            return None
        ratio = usual / step
        wrong = [f for f in FACTORS if np.isclose(ratio, f, rtol=0.01) or np.isclose(ratio, 1 / f, rtol=0.01)]
        if not wrong:
            return None
        evidence: dict[str, Any] = {
            "probe": self.name,
            "quantity": item.name,
            "moves_by_a_bar": usual,
            "a_bar_is": step,
            "unit": f"{unit}s",
        }
        text = (
            f"`{item.text}` is called {item.name} and moves by {usual:g} from bar to bar, but a bar is {step:g} {unit}s "
            f"long: it is counted in another unit ({ratio:g} times)."
        )
        arguments = {"file": item.file, "name": item.name, "function": _function(item), "step": step}
        return self._convict(study, item, text, evidence, "clock_unit", arguments)

    def _hour(self, study: Study, item: Watched, rate: Rate, market: Market) -> Conviction | None:
        part = clock_part(item.name)
        if part is None or not rate.vector or len(rate.left) < 24:
            return None
        if ZONES.search(item.text) and "utc" not in item.name.lower():
            return None
        at = np.unique(np.linspace(0, len(market) - 1, len(rate.left)).astype(np.int64))
        if len(at) != len(rate.left) or rate.evaluated != len(market):
            return None
        seconds = market.time[at] // 1_000_000_000
        usual = seconds // 3600 % 24 if part == "hour" else seconds // 60 % 60
        seen = rate.left
        whole = bool(np.all(np.isfinite(seen)) and np.all(seen == np.floor(seen)))
        if not whole or np.array_equal(seen, usual) or seen.min() < 0 or seen.max() > 23:
            return None
        shift = np.unique((seen - usual) % 24)
        if shift.size > 2:  # two: a zone with summer time
            return None
        evidence = {"probe": self.name, "quantity": item.name, "shifted_by_hours": [float(s) for s in shift]}
        text = (
            f"`{item.text}` is taken for the hour of the bar (UTC) and is {'/'.join(f'{s:g}' for s in shift)} hours ahead: "
            "the rule's clock is that of another time zone."
        )
        arguments = {"file": item.file, "text": item.text, "function": _function(item), "part": Raw(part)}
        return self._convict(study, item, text, evidence, "hour", arguments)

    def _convict(
        self,
        study: Study,
        item: Watched,
        text: str,
        evidence: dict[str, Any],
        kind: str,
        arguments: dict[str, Any],
    ) -> Conviction:
        place = (item.file, item.line, item.text)
        finding = make_finding("unit_mismatch", Severity.HIGH, place, text, evidence)
        symbol = study.by_activity[0]
        plan = TestPlan(kind, symbol, 0, min(TEST_BARS, len(study.markets[symbol])), arguments)
        return Conviction(finding, plan)


def consecutive(study: Study, item: Watched, market: Market) -> np.ndarray:
    """Values of a quantity one after the other; [] where the tracer did not sample every one (a bot that warms up longer
    than SHORT bars asks later, and so on more bars)."""
    for bars in (SHORT_BARS, 4 * SHORT_BARS):
        part = market.cut(0, min(len(market), bars))
        rate = watched_rates(study, [item], {part.symbol: part})[part.symbol][0]
        if rate is not None and 30 <= len(rate.left) == rate.evaluated:
            return np.asarray(rate.left)
    return np.empty(0)


def unit_of(name: str) -> str | None:
    """The unit of time that a name ends with: ``rested_minutes``, ``age_h`` is too short to count."""
    last = name.lower().rstrip("_").split("_")[-1]
    last = SHORT.get(last, last)
    plural = last.removesuffix("s")
    if plural not in SECONDS or (last == plural and last in ("hour", "minute", "second", "day")):
        return None  # "hour" alone is the hour of the day
    return plural


def clock_part(name: str) -> str | None:
    """``hour``, ``hour_utc``, ``utc_hour``."""
    words = set(name.lower().split("_"))
    return "hour" if "hour" in words and words <= {"hour", "utc", "of", "day", "bar", "bars"} else None


def hour_reads(study: Study) -> list[Watched]:
    """``….hour`` (perhaps with something added) inside larger expressions, as quantities called hour."""
    found: list[Watched] = []
    for file in study.tree.product():
        if file.path in study.architecture.relevant and study.system.editable(file.path):
            reader = _HourReads(file.path)
            reader.visit(file.tree)
            found += reader.found
    named = {(w.file, w.position) for w in named_values(study) if clock_part(w.name)}
    return [w for w in found if (w.file, w.position) not in named]


def _function(item: Watched) -> str:
    return "" if item.function == "<module>" else item.function


class _HourReads(Finder):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.found: list[Watched] = []

    def visit_BinOp(self, node: ast.BinOp) -> None:
        left, right = node.left, node.right
        adds = isinstance(node.op, ast.Add | ast.Sub) and isinstance(right, ast.Constant)
        if adds and isinstance(left, ast.Attribute) and left.attr == "hour":
            self.found.append(Watched(self.path, position(node), ast.unparse(node), self.function, "hour"))
            return
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr == "hour" and not isinstance(node.value, ast.Name):
            self.found.append(Watched(self.path, position(node), ast.unparse(node), self.function, "hour"))
        self.generic_visit(node)
