"""Invariant: a system that trades both ways can trade both ways (advisory but for a lost side).

The mirror market has the reciprocal prices, selling where takers bought, and the rates with the other sign: a symmetric
system takes there the opposite trades. Many systems are asymmetric on purpose, so a difference alone is only a suspect.

It convicts a lost side: the source works out entries of both sides from market data, and one of them is never taken, here or
on the mirror, while the other is, ENOUGH times in each. Where the entry's own conditions tell why, another probe has the
place already (merged by line); here it is the line that writes the side.

False-positive risks: a side that waits for something the market does not have; a mirror in which it would come is tried.
"""

from __future__ import annotations

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
        return self._advice(study, pairs)

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
        written = written_at(study, side)
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
        finding = make_finding("one_sided", Severity.HIGH, written, text, evidence)
        market = pairs[0][0]
        flows = [n for n in market.columns_of("flow") if "buy" in n.lower()]
        arguments = {
            "column": side,
            "name": Raw(f"a {shown} entry"),
            "prices": list(market.columns_of("price")),
            "flows": flows,
        }
        plan = TestPlan("mirrored", market.symbol, 0, min(TEST_BARS, len(market)), arguments)
        return Conviction(finding, plan)

    def _advice(self, study: Study, pairs: list[tuple[Market, Decisions, Decisions]]) -> list[Conviction]:
        agree = sum(int(np.sum((d.entries() != 0) & (m.entries() == -d.entries()))) for _, d, m in pairs)
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
