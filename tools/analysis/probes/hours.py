"""The hour of the day: what is called hour and taken from the bars' times is their hour in UTC (see units.py).

A column is compared bar by bar; a number that a bot asks for at every bar on the first SHORT_BARS of them.
"""

from __future__ import annotations

import ast
import re

import numpy as np

from tools.analysis.probes.base import Conviction, Raw, TestPlan, make_finding
from tools.analysis.probes.clock_claims import utc_is_meant
from tools.analysis.probes.watch import Finder, Watched, named_values, position, watched_rates
from tools.analysis.silence.rates import Rate
from tools.analysis.study import Study
from tools.contracts import Market, Severity

ZONES = re.compile(r"tz_convert|tz_localize|ZoneInfo|timezone\(")
TEST_BARS, SHORT_BARS = 1500, 256


def hour_convictions(study: Study, market: Market, probe: str) -> list[Conviction]:
    """One conviction for each quantity called hour that is another hour."""
    watched = [w for w in named_values(study) if clock_part(w.name)] + hour_reads(study)
    if not watched:
        return []
    rates = watched_rates(study, watched, {market.symbol: market})[market.symbol]
    short = market.cut(0, min(len(market), SHORT_BARS))
    scalar = [w for w, r in zip(watched, rates, strict=True) if r is not None and not r.vector]
    again = watched_rates(study, scalar, {short.symbol: short})[short.symbol] if scalar else []
    found = [
        _hour(study, w, r, market, probe)
        for w, r in zip(watched, rates, strict=True)
        if r is not None and r.vector
    ]
    found += [_hour(study, w, r, short, probe) for w, r in zip(scalar, again, strict=True) if r is not None]
    return [c for c in found if c is not None]


def _hour(study: Study, item: Watched, rate: Rate, market: Market, probe: str) -> Conviction | None:
    part = clock_part(item.name)
    if part is None or len(rate.left) < 24:
        return None
    if ZONES.search(item.text) and "utc" not in item.name.lower() and not utc_is_meant(study, item):
        return None
    at = bars_of(rate, len(market))
    if at is None:
        return None
    seconds = market.time[at] // 1_000_000_000
    usual = seconds // 3600 % 24 if part == "hour" else seconds // 60 % 60
    seen = rate.left
    whole = bool(np.all(np.isfinite(seen)) and np.all(seen == np.floor(seen)))
    if not whole or np.array_equal(seen, usual) or seen.min() < 0 or seen.max() > 23:
        return None
    shift = np.unique((seen - usual) % 24)
    if shift.size > (2 if rate.vector else 1):  # two: a zone with summer time
        return None
    evidence = {"probe": probe, "quantity": item.name, "shifted_by_hours": [float(s) for s in shift]}
    text = (
        f"`{item.text}` is taken for the hour of the bar (UTC) and is {'/'.join(f'{s:g}' for s in shift)} hours ahead: "
        "the rule's clock is that of another time zone."
    )
    function = "" if item.function == "<module>" else item.function
    arguments = {"file": item.file, "text": item.text, "function": function, "part": Raw(part)}
    place = (item.file, item.line, item.text)
    symbol = study.by_activity[0]
    bars = min(TEST_BARS, len(market))  # what is asked bar by bar was asked on these
    plan = TestPlan("hour", symbol, 0, bars, arguments)
    return Conviction(make_finding("unit_mismatch", Severity.HIGH, place, text, evidence), plan)


def bars_of(rate: Rate, bars: int) -> np.ndarray | None:
    """The bar of each sample: of a column over all bars, or of a number that was asked for at every bar once it began."""
    if rate.vector:
        at = np.unique(np.linspace(0, bars - 1, len(rate.left)).astype(np.int64))
        return at if len(at) == len(rate.left) and rate.evaluated == bars else None
    if len(rate.left) != rate.evaluated or rate.evaluated > bars:
        return None
    return np.arange(bars - rate.evaluated, bars)


def clock_part(name: str) -> str | None:
    """``hour``, ``hour_utc``, ``utc_hour``."""
    words = set(name.lower().split("_"))
    return "hour" if "hour" in words and words <= {"hour", "utc", "of", "day", "bar", "bars"} else None


def hour_reads(study: Study) -> list[Watched]:
    """``….hour`` (perhaps with something added) inside larger expressions, as quantities called hour."""
    found: list[Watched] = []
    for file in study.own_files():
        reader = _HourReads(file.path)
        reader.visit(file.tree)
        found += reader.found
    named = {(w.file, w.position) for w in named_values(study) if clock_part(w.name)}
    return [w for w in found if (w.file, w.position) not in named]


def _still_an_hour(node: ast.BinOp) -> bool:
    """``hour + 8``, ``(hour - 5) % 24``; not ``hour % 8``, which is another thing."""
    if isinstance(node.op, ast.Mod):
        return isinstance(node.right, ast.Constant) and node.right.value == 24
    return isinstance(node.op, ast.Add | ast.Sub)


class _HourReads(Finder):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.found: list[Watched] = []

    def visit_BinOp(self, node: ast.BinOp) -> None:
        inner: ast.expr = node
        while isinstance(inner, ast.BinOp) and _still_an_hour(inner):
            inner = inner.left
        if inner is not node and isinstance(inner, ast.Attribute) and inner.attr == "hour":
            self.found.append(Watched(self.path, position(node), ast.unparse(node), self.function, "hour"))
            return
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr == "hour" and not isinstance(node.value, ast.Name):
            self.found.append(Watched(self.path, position(node), ast.unparse(node), self.function, "hour"))
        self.generic_visit(node)
