"""Invariant: a system that trades both ways can trade both ways (advisory but for a lost side).

The mirror market has the reciprocal prices, selling where takers bought, and the rates with the other sign: a symmetric
system takes there the opposite trades. Many systems are asymmetric on purpose, so a difference alone is only a suspect.

It convicts a lost side: the source works out entries of both sides from market data, and one of them is never taken, here or
on the mirror, while the other is, ENOUGH times in each. Where the entry's own conditions tell why, another probe has the
place already (merged by line); here it is the line that writes the side.

It convicts an absolute value where hardly an entry becomes the opposite one on the mirror, and nearly all do once that value
keeps its sign.

False-positive risks: a side that waits for something the market does not have; a mirror in which it would come is tried.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

import numpy as np

from tools.analysis.probes.base import Conviction, Raw, TestPlan, make_finding
from tools.analysis.probes.protection import written_at
from tools.analysis.study import Study
from tools.contracts import Decisions, Finding, Market, Severity

ENOUGH = 20
#: Below this share of opposite trades the two sides are called different.
ALIKE = 0.5
#: Share of opposite trades of a system whose sides are the same.
MIRRORED = 0.85
MOST_ABSOLUTES = 12
TEST_BARS = 6000
SIDES = {"enter_long": "enter_short", "enter_short": "enter_long"}


class MirrorProbe:
    """One side lost."""

    name = "mirror"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """A conviction for a lost side, else a suspect for sides that differ much."""
        pairs = []
        for symbol, market in study.sample(2).items():
            then = study.runner.decide(study.bundle, mirrored(market)).decisions
            if then is not None:
                pairs.append((market, study.decisions[symbol], then))
        if not pairs:
            return []
        for side, other in SIDES.items():
            if self._lost(study, pairs, side, other):
                return [self._convict(study, pairs, side, other)]
        advice = self._advice(study, pairs)
        signless = self._signless(study, pairs) if advice else None
        return [signless] if signless is not None else advice

    def _signless(self, study: Study, pairs: list[tuple[Market, Decisions, Decisions]]) -> Conviction | None:
        """The absolute value without which the two sides mirror each other, where with it they hardly do."""
        for path, place, text in absolutes(study)[:MOST_ABSOLUTES]:
            tree = _Signed(place).visit(ast.parse(study.tree.files[path].text))
            bundle = study.store.derive(study.bundle, {path: ast.unparse(ast.fix_missing_locations(tree))})
            agree, total = 0, 0
            for market, _, _ in pairs:
                here = study.runner.decide(bundle, market).decisions
                there = study.runner.decide(bundle, mirrored(market)).decisions
                if here is None or there is None:
                    break
                agree += opposite(here, there)
                total += int(np.count_nonzero(here.entries()))
            else:
                if total >= ENOUGH and agree >= MIRRORED * total:
                    return self._without_sign(study, pairs, (path, place[0], text), agree / total)
        return None

    def _without_sign(
        self,
        study: Study,
        pairs: list[tuple[Market, Decisions, Decisions]],
        place: tuple[str, int, str],
        agreement: float,
    ) -> Conviction:
        total = sum(int(np.count_nonzero(d.entries())) for _, d, _ in pairs)
        agree = sum(opposite(d, m) for _, d, m in pairs)
        evidence: dict[str, Any] = {
            "probe": self.name,
            "entries": total,
            "opposite_in_the_mirror": agree,
            "share_opposite_with_the_sign": agreement,
        }
        text = (
            f"`{place[2]}` takes the sign away: of {total} entries {agree} become the opposite one on the mirror image of the "
            f"market, with the sign {agreement:.0%} do. One direction is judged by the other's rule."
        )
        finding = make_finding("one_sided", Severity.HIGH, place, text, evidence)
        market = pairs[0][0]
        arguments = {"prices": list(market.columns_of("price")), "flows": bought(market), "share": ALIKE}
        return Conviction(finding, TestPlan("mirrored_both", market.symbol, 0, len(market), arguments))

    def _lost(
        self, study: Study, pairs: list[tuple[Market, Decisions, Decisions]], side: str, other: str
    ) -> bool:
        taken = sum(int(d.column(side).sum() + m.column(side).sum()) for _, d, m in pairs)
        kept = [
            int(sum(d.column(other).sum() for _, d, _ in pairs)),
            int(sum(m.column(other).sum() for _, _, m in pairs)),
        ]
        if taken or min(kept) < ENOUGH:
            return False
        decided = [d for d in study.architecture.flow.decisions if d.name == side]
        return any(o.kind == "column" for d in decided for o in d.value.origins)

    def _convict(
        self, study: Study, pairs: list[tuple[Market, Decisions, Decisions]], side: str, other: str
    ) -> Conviction:
        cause = self._sign_lost(study, pairs, side)
        written = cause or written_at(study, side)
        assert written is not None
        shown = side.removeprefix("enter_")
        evidence: dict[str, Any] = {
            "probe": self.name,
            "side": shown,
            "taken": 0,
            "other_side": int(sum(d.column(other).sum() for _, d, _ in pairs)),
            "other_side_in_the_mirror": int(sum(m.column(other).sum() for _, _, m in pairs)),
        }
        text = (
            f"`{written[2]}` works out {shown} entries and never takes one, on {', '.join(m.symbol for m, _, _ in pairs)} "
            f"and on their mirror images, where {evidence['other_side_in_the_mirror']} of the other side are taken."
        )
        details = {"cause": "the absolute value"} if cause else {}
        finding = make_finding("one_sided", Severity.HIGH, written, text, evidence, details)
        market = pairs[0][0]
        flows = bought(market)
        arguments = {
            "column": side,
            "name": Raw(f"a {shown} entry"),
            "prices": list(market.columns_of("price")),
            "flows": flows,
        }
        plan = TestPlan("mirrored", market.symbol, 0, min(TEST_BARS, len(market)), arguments)
        return Conviction(finding, plan)

    def _sign_lost(
        self, study: Study, pairs: list[tuple[Market, Decisions, Decisions]], side: str
    ) -> tuple[str, int, str] | None:
        """The absolute value without which the side is taken."""
        for path, place, text in absolutes(study)[:MOST_ABSOLUTES]:
            tree = _Signed(place).visit(ast.parse(study.tree.files[path].text))
            bundle = study.store.derive(study.bundle, {path: ast.unparse(ast.fix_missing_locations(tree))})
            for market, _, _ in pairs:
                here = study.runner.decide(bundle, market).decisions
                if here is not None and here.column(side).sum() >= ENOUGH // 4:
                    return path, place[0], text
        return None

    def _advice(self, study: Study, pairs: list[tuple[Market, Decisions, Decisions]]) -> list[Conviction]:
        agree = sum(opposite(d, m) for _, d, m in pairs)
        total = sum(int(np.count_nonzero(d.entries())) for _, d, _ in pairs)
        both = all(sum(int(d.column(s).sum()) for _, d, _ in pairs) for s in SIDES)
        if not both or total < ENOUGH or agree >= ALIKE * total:
            return []
        file, line = study.target_place
        text = (
            f"Longs and shorts follow different rules: of {total} entries {agree} become the opposite entry on the mirror "
            "image of the market. Fine where it is meant."
        )
        return [Conviction(make_finding("asymmetry", Severity.LOW, (file, line, "strategy"), text, {}))]


def opposite(here: Decisions, there: Decisions) -> int:
    """How many entries become the opposite one."""
    return int(np.sum((here.entries() != 0) & (there.entries() == -here.entries())))


def bought(market: Market) -> list[str]:
    """The columns of what takers bought."""
    return [n for n in market.columns_of("flow") if "buy" in n.lower()]


def absolutes(study: Study) -> list[tuple[str, tuple[int, int], str]]:
    """(file, position, text) of every absolute value in the relevant files."""
    return [
        (file.path, (node.lineno, node.col_offset), ast.unparse(node))
        for file in study.own_files()
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call) and _plain_of(node) is not None
    ]


def _plain_of(node: ast.Call) -> ast.expr | None:
    """``x`` of ``abs(x)``, ``np.abs(x)``, ``math.fabs(x)``, ``x.abs()``."""
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name in ("abs", "fabs", "absolute") and len(node.args) == 1:
        return node.args[0]
    if name == "abs" and not node.args and isinstance(node.func, ast.Attribute):
        return node.func.value
    return None


class _Signed(ast.NodeTransformer):
    def __init__(self, place: tuple[int, int]) -> None:
        self.place = place

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        plain = _plain_of(node) if (node.lineno, node.col_offset) == self.place else None
        return node if plain is None else plain


def mirrored(market: Market) -> Market:
    """Reciprocal prices around the first close, the taker's other side, rates with the other sign."""
    middle = float(market.columns["close"][0]) ** 2
    columns = {n: middle / market.columns[n] for n in market.columns_of("price")}
    columns["high"], columns["low"] = middle / market.columns["low"], middle / market.columns["high"]
    total = market.columns_of("volume")
    for name in market.columns_of("flow"):
        values = market.columns[name]
        columns[name] = market.columns[total[0]] - values if "buy" in name.lower() and total else -values
    for name in market.columns_of("cumulative", "funding"):
        columns[name] = -market.columns[name]
    return market.with_columns(columns)
