"""Hours and minutes in one sum are in one unit: ``hour * 60 + minute`` counts minutes, ``hour * 3600 + minute * 60`` seconds.

A sum in which an hour does not weigh sixty minutes (or a minute sixty seconds) runs through the day in jumps: no other number of
the strategy can be compared with it. Both parts must be there, with known factors, and the sum must be worked out in a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tools.analysis.probes.base import Conviction, TestPlan, make_finding
from tools.analysis.probes.durations import known_constants, value_of
from tools.analysis.probes.watch import Finder, Watched, position, watched_rates
from tools.analysis.study import Study
from tools.contracts import Market, Severity

#: Seconds of each part.
PARTS = {"hour": 3600.0, "minute": 60.0, "second": 1.0}
TEST_BARS = 1500


def clock_convictions(study: Study, market: Market, probe: str) -> list[Conviction]:
    """One conviction for each sum of parts of the clock in unlike units."""
    constants = known_constants(study)
    wrong = [(w, f) for w in _sums(study) if (f := _factors(w.text, constants)) and not _alike(f)]
    if not wrong:
        return []
    rates = watched_rates(study, [w for w, _ in wrong], {market.symbol: market})[market.symbol]
    return [
        _write_up(study, item, factors, probe)
        for (item, factors), rate in zip(wrong, rates, strict=True)
        if rate is not None
    ]


def _write_up(study: Study, item: Watched, factors: Mapping[str, float], probe: str) -> Conviction:
    large, small = list(factors)[:2]
    weighs = factors[large] / factors[small]
    evidence = {"probe": probe, "quantity": item.text, "factors": dict(factors), "weighs": weighs}
    text = (
        f"`{item.text}` adds {large}s and {small}s in unlike units: one {large} weighs {weighs:g} {small}s in it, "
        f"not {PARTS[large] / PARTS[small]:g}."
    )
    function = "" if item.function == "<module>" else item.function
    symbol = study.by_activity[0]
    arguments = {"file": item.file, "text": item.text, "function": function}
    plan = TestPlan("clock_parts", symbol, 0, min(TEST_BARS, len(study.markets[symbol])), arguments)
    place = (item.file, item.line, item.text)
    return Conviction(make_finding("unit_mismatch", Severity.HIGH, place, text, evidence), plan)


def _alike(factors: Mapping[str, float]) -> bool:
    return len({factor / PARTS[part] for part, factor in factors.items()}) == 1


def _factors(text: str, constants: Mapping[str, float]) -> dict[str, float]:
    """Part -> what it is multiplied by, the largest part first; {} where there are not two of them, or a factor is unknown."""
    found: dict[str, float] = {}
    for term in _terms(ast.parse(text, mode="eval").body):
        factor, leaf = _product(term, constants)
        if leaf in PARTS:
            if factor is None or leaf in found:
                return {}
            found[leaf] = factor
    return {p: found[p] for p in PARTS if p in found} if len(found) > 1 else {}


def _terms(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _terms(node.left)
        yield from _terms(node.right)
    else:
        yield node


def _product(node: ast.expr, constants: Mapping[str, float]) -> tuple[float | None, str]:
    """(factor, part of the clock): of ``index.hour * 60``, ``60 * t.hour``, ``hour``, ``t.minute / 60``; "" where it is none."""
    leaf = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    if leaf in PARTS:
        return 1.0, leaf
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        factor, leaf = _product(node.left, constants)
        number = value_of(node.right, constants)
        if not leaf and isinstance(node.op, ast.Mult):
            factor, leaf = _product(node.right, constants)
            number = value_of(node.left, constants)
        if leaf and factor is not None and number:
            return factor * number if isinstance(node.op, ast.Mult) else factor / number, leaf
        return None, leaf
    return None, ""


def _sums(study: Study) -> list[Watched]:
    found: list[Watched] = []
    for file in study.own_files():
        reader = _Sums(file.path)
        reader.visit(file.tree)
        found += reader.found
    return found


class _Sums(Finder):
    """The outermost sums of a file."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.found: list[Watched] = []

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Add):
            self.found.append(Watched(self.path, position(node), ast.unparse(node), self.function, "clock"))
            return
        self.generic_visit(node)
