"""Invariant: a time counts what its name says.

A quantity called seconds, minutes, hours, days or bars that moves from bar to bar must move by the length of a bar in that
unit, or by whole multiples of it; so must what is compared with such a quantity. What is worked out of one quantity with a unit
and gets the name of another (``hold_bars = hold_hours * 12``, ``timedelta(minutes=…)``, ``rolling(days * 288)``) must be that many.
A quantity called hour (or hour_utc) that is taken from the bars' times must be their hour in UTC, unless the source names a
time zone and calls neither the result nor its limits UTC; hours and minutes in one sum must be in one unit (clock_parts.py).

False-positive risks: a name that means something else; only factors of 24, 60, 3600 and 86400 (and powers of ten between
seconds and nanoseconds) convict, and only exact ones (1 %). What is looked at only once an hour moves by the hour: a quantity
that seems too fine by such a factor must be asked for far more often than that. Windows over resampled bars are left alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.analysis.probes.base import Conviction, TestPlan, make_finding
from tools.analysis.probes.clock_parts import clock_convictions
from tools.analysis.probes.durations import Duration, duration, known_constants, seconds_of
from tools.analysis.probes.hours import hour_convictions
from tools.analysis.probes.watch import Finder, Watched, named_values, position, watched_rates
from tools.analysis.study import Study
from tools.contracts import Finding, Market, Severity

FACTORS = (24.0, 60.0, 1440.0, 3600.0, 86400.0, 1e3, 1e6, 1e9)
RESAMPLED = re.compile(r"resample\(|Grouper\(|merge_informative|@informative|resample_")
TEST_BARS = 1500
#: A name keeps its meaning on any bars: no need for all of them.
MOST_BARS = 6000
SHORT_BARS = 256
#: Minutes after which a strategy may look again: an hour, some hours, a day, a week.
GRIDS = (60, 120, 240, 360, 480, 720, 1440, 10080)
#: Moves that are needed to tell what they are multiples of.
ENOUGH_MOVES = 12
WINDOWS = ("rolling", "shift", "diff", "pct_change", "deque")
PLAIN_UNITS = {
    "s": 1.0,
    "sec": 1.0,
    "m": 60.0,
    "min": 60.0,
    "T": 60.0,
    "h": 3600.0,
    "H": 3600.0,
    "D": 86400.0,
    "d": 86400.0,
}


@dataclass(frozen=True)
class Claim:
    """``item`` is said to count ``each`` seconds: by its own name, or (``other``) by what it is compared with."""

    item: Watched
    each: float
    said: str
    other: str = ""
    comparison: str = ""


class UnitProbe:
    """Minutes that are seconds, hours of another zone."""

    name = "declared_units"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction a line at most."""
        market = study.markets[study.by_activity[0]]
        market = market.cut(0, min(len(market), MOST_BARS))
        bar, constants = market.timeframe_minutes * 60.0, known_constants(study)
        found = self._worked_out(study, market, bar, constants)
        found += self._moving(study, market, bar, constants)
        found += hour_convictions(study, market, self.name)
        found += clock_convictions(study, market, self.name)
        return list({(c.finding.file, c.finding.line): c for c in reversed(found)}.values())[::-1]

    # -- what is worked out of another ----------------------------------------------------------------
    def _worked_out(
        self, study: Study, market: Market, bar: float, constants: dict[str, float]
    ) -> list[Conviction]:
        pairs = [
            (item, each, said, d)
            for item, each, said in claimed_names(study, bar)
            if (d := duration(ast.parse(item.text, mode="eval").body, constants, bar)) is not None
        ]
        wrong = [(i, e, s, d) for i, e, s, d in pairs if d.leaf_each != e and _factor(d.seconds_each / e)]
        if not wrong:
            return []
        rates = watched_rates(study, [p[0] for p in wrong], {market.symbol: market})[market.symbol]
        return [
            self._wrong_product(study, item, each, said, d)
            for (item, each, said, d), rate in zip(wrong, rates, strict=True)
            if rate is not None or item.function == "<module>"
        ]

    def _wrong_product(self, study: Study, item: Watched, each: float, said: str, d: Duration) -> Conviction:
        ratio = d.seconds_each / each
        evidence = {"probe": self.name, "quantity": item.name, "is_to_count": said, "times": ratio}
        text = (
            f"`{item.text}` is to count {said}, but out of `{d.leaf}` it counts {d.seconds_each:g} seconds each instead of "
            f"{each:g}: another unit ({ratio:g} times)."
        )
        arguments = {
            "file": item.file,
            "text": item.text,
            "leaf": d.leaf,
            "function": _function(item),
            "each": each,
            "leaf_each": d.leaf_each,
        }
        return self._convict(study, item, text, evidence, "worked_out_unit", arguments)

    # -- what moves from bar to bar -------------------------------------------------------------------
    def _moving(
        self, study: Study, market: Market, bar: float, constants: dict[str, float]
    ) -> list[Conviction]:
        claims = [
            Claim(w, each, w.name)
            for w in named_values(study)
            if (each := seconds_of(w.name, bar)) is not None
        ]
        known = {(c.item.file, c.item.name) for c in claims}
        claims += [
            c for c in compared(study, bar, constants) if (c.item.file, _last(c.item.text)) not in known
        ]
        if not claims:
            return []
        values = seen_values(study, [c.item for c in claims], market)
        found = [self._step(study, c, *v, len(market), bar) for c, v in zip(claims, values, strict=True)]
        wrong = [(claim, c) for claim, c in zip(claims, found, strict=True) if c is not None]
        names = {claim.item.name for claim, _ in wrong} - {""}
        return [c for claim, c in wrong if not _made_of(claim.item, names)]

    def _step(
        self, study: Study, claim: Claim, series: np.ndarray, asked: int, bars: int, bar: float
    ) -> Conviction | None:
        usual = grain(series)
        if usual is None:
            return None
        item, step = claim.item, bar / claim.each
        ratio = usual / step
        seldom = ratio > 1 and asked < 3.0 * bars / ratio
        if not _factor(ratio) or (seldom and round(ratio * bar / 60.0) in GRIDS):
            return None
        evidence: dict[str, Any] = {
            "probe": self.name,
            "quantity": claim.said,
            "moves_by_a_bar": usual,
            "a_bar_is": step,
        }
        named = f"is called {item.name}" if not claim.other else f"is compared with `{claim.other}`"
        text = (
            f"`{claim.comparison or item.text}`: what {named} moves by {usual:g} from bar to bar, but a bar is {step:g} of them "
            f"long: it is counted in another unit ({ratio:g} times)."
        )
        arguments = {"file": item.file, "function": _function(item), "step": step}
        if claim.other:
            return self._convict(
                study,
                item,
                text,
                evidence,
                "compared_unit",
                {**arguments, "text": claim.comparison, "side": item.text},
            )
        return self._convict(study, item, text, evidence, "clock_unit", {**arguments, "name": item.name})

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


def claimed_names(study: Study, bar: float) -> Iterator[tuple[Watched, float, str]]:
    """(what is worked out, the seconds that one is to stand for, what it is to count)."""
    for item in named_values(study):
        each = seconds_of(item.name, bar)
        if each is not None:
            yield item, each, item.name
    resampled = any(RESAMPLED.search(f.text) for f in study.tree.product())
    for file in study.own_files():
        reader = _Counts(file.path, bar, windows=not resampled)
        reader.visit(file.tree)
        yield from reader.found


def compared(study: Study, bar: float, constants: dict[str, float]) -> Iterator[Claim]:
    """The moving side of comparisons whose other side counts time."""
    for condition in study.instrumented.conditions:
        if condition.kind != "compare" or condition.op in ("==", "!="):
            continue
        try:
            node = ast.parse(condition.text, mode="eval").body
            sides = [ast.parse(t.strip(), mode="eval").body for t in (condition.left, condition.right)]
        except SyntaxError:
            continue
        if not isinstance(node, ast.Compare):
            continue
        known = [duration(s, constants, bar) for s in sides]
        for at, other in ((0, 1), (1, 0)):
            claim = known[other]
            if claim is None or isinstance(sides[at], ast.Constant):
                continue
            place = condition_side(study, condition.file, condition.node, at)
            if place is not None:
                item = Watched(condition.file, place, ast.unparse(sides[at]), condition.function)
                yield Claim(
                    item,
                    claim.seconds_each,
                    ast.unparse(sides[other]),
                    ast.unparse(sides[other]),
                    ast.unparse(node),
                )


def condition_side(
    study: Study, path: str, node: tuple[int, int, int, int], side: int
) -> tuple[int, int, int, int] | None:
    """Where one side of a traced comparison stands."""
    for found in ast.walk(study.tree.files[path].tree):
        if isinstance(found, ast.Compare) and position(found) == (node[0], node[1], node[2], node[3]):
            return position(found.left if side == 0 else found.comparators[0])
    return None


def seen_values(study: Study, items: Sequence[Watched], market: Market) -> list[tuple[np.ndarray, int]]:
    """For each quantity its values, one after the other, and how often it was asked for on the whole market; no values where
    the tracer did not keep every one on any stretch tried (a bot that warms up long asks later, and so on more bars)."""
    whole = watched_rates(study, items, {market.symbol: market})[market.symbol]
    found = [
        (
            np.asarray(r.left) if r is not None and len(r.left) == r.evaluated else np.empty(0),
            r.evaluated if r else 0,
        )
        for r in whole
    ]
    for bars in stretches(study, market):
        todo = [k for k, r in enumerate(whole) if r is not None and found[k][0].size < ENOUGH_MOVES]
        if not todo:
            break
        part = market.cut(0, bars)
        rates = watched_rates(study, [items[k] for k in todo], {part.symbol: part})[part.symbol]
        for k, rate in zip(todo, rates, strict=True):
            if rate is not None and len(rate.left) == rate.evaluated:
                found[k] = (np.asarray(rate.left), found[k][1])
    for k, rate in enumerate(whole):  # what is asked for at every bar: every so many of them was kept
        if found[k][0].size < ENOUGH_MOVES and rate is not None and not rate.vector and len(rate.left):
            stride = 2 ** int(np.ceil(np.log2(rate.evaluated / len(rate.left))))
            found[k] = (np.asarray(rate.left) / stride, rate.evaluated)
    return found


def stretches(study: Study, market: Market) -> list[int]:
    """Numbers of bars from the start on: short ones, and those that end some way into the first positions."""
    entries = np.flatnonzero(study.decisions[market.symbol].entries()[: len(market)])
    ends = [SHORT_BARS, 4 * SHORT_BARS, *(int(e) + 150 for e in entries[:2])]
    return sorted({min(e, len(market)) for e in ends})


def grain(series: np.ndarray) -> float | None:
    """What all moves of a series are multiples of: its move from bar to bar. None where that cannot be told."""
    moves = np.abs(np.diff(series))
    moves = moves[np.isfinite(moves)]
    moves = moves[moves > 1e-9 * max(1.0, float(np.nanmax(np.abs(series), initial=0.0)))]
    if moves.size < ENOUGH_MOVES:
        return None
    usual = float(np.median(moves))
    if np.mean(np.isclose(moves, usual, rtol=0.01)) >= (0.5 if moves.size >= 30 else 0.7):
        return usual
    common = float(moves.min())
    for move in np.unique(moves):
        rest = _rest(float(move), common)
        while rest > 0.02 * common:
            common, rest = rest, _rest(common, rest)
    multiples = np.unique(np.round(moves / common))
    return common if multiples.size >= ENOUGH_MOVES // 2 and common > 1e-3 * usual else None


def _rest(move: float, common: float) -> float:
    """What is left of a move after whole multiples, roundings apart."""
    rest = move % common
    return 0.0 if rest > 0.98 * common else rest


def _factor(ratio: float) -> bool:
    return any(np.isclose(ratio, f, rtol=0.01) or np.isclose(ratio, 1 / f, rtol=0.01) for f in FACTORS)


def _made_of(item: Watched, names: set[str]) -> bool:
    """Whether a quantity is worked out of another that is wrong already: then that is the finding."""
    read = {n.id for n in ast.walk(ast.parse(item.text, mode="eval")) if isinstance(n, ast.Name)}
    return bool(read & (names - {item.name}))


def _last(text: str) -> str:
    return re.split(r"\W+", text.strip("])'\" "))[-1]


def _function(item: Watched) -> str:
    return "" if item.function == "<module>" else item.function


class _Counts(Finder):
    """What is handed to windows (bars) and to ``Timedelta(x, "m")``."""

    def __init__(self, path: str, bar: float, *, windows: bool) -> None:
        super().__init__()
        self.path, self.bar, self.windows = path, bar, windows
        self.found: list[tuple[Watched, float, str]] = []

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0] if node.args else None
        if self.windows and name in WINDOWS and isinstance(first, ast.BinOp):
            self._keep(first, self.bar, "bars")
        units = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "unit")]
        unit = units[0].value if units and isinstance(units[0], ast.Constant) else None
        if name in ("Timedelta", "timedelta64", "to_timedelta") and first is not None and unit in PLAIN_UNITS:
            self._keep(first, PLAIN_UNITS[str(unit)], str(unit))
        self.generic_visit(node)

    def _keep(self, node: ast.expr, each: float, said: str) -> None:
        self.found.append(
            (Watched(self.path, position(node), ast.unparse(node), self.function, said), each, said)
        )
