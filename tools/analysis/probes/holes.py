"""Invariant: what is not known is no signal.

Short holes (NaN) are made in the columns that a market may lack: open interest, funding, flow. An entry that exists
only with the hole, and neither when the hole is filled with the last known value nor when the column is absent
altogether, was made out of a missing value.

False-positive risks: a filter that forbids entries on a strong reading forbids fewer when the reading is missing; such
entries also show when the column is absent, and do not count here. A sum that lacks a few bars is another sum: where the
static reading has no place, the entries made must outnumber those lost (MORE, FEW).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from tools.analysis.probes.base import Conviction, TestPlan, change_at, make_finding
from tools.analysis.study import Study
from tools.contracts import Decisions, Finding, Market, Severity

HOLE_BARS, EVERY_BARS = 6, 97
#: A sum over a hole is another sum, so some entries come and some go. Where no place is suspected, many more must come.
MORE, FEW = 2.0, 3
ROLES = ("open_interest", "funding", "flow", "cumulative")


class HoleProbe:
    """Missing values that are read as values."""

    name = "missing_values"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction a role at most."""
        places = [s for s in suspects if s.category == "nan_as_zero"]
        found = []
        for role in ROLES:
            for market in study.sample(3).values():
                conviction = self._try(study, market, role, places) if market.columns_of(role) else None
                if conviction is not None:
                    found.append(conviction)
                    break
        return found

    def _try(self, study: Study, market: Market, role: str, places: list[Finding]) -> Conviction | None:
        names = market.columns_of(role)
        versions = [holed(market, names), filled(market, names), without(market, names)]
        answers = [study.runner.decide(study.bundle, m).decisions for m in versions]
        hole, fill, absent = answers
        if hole is None or fill is None:
            return None
        usual = absent.entries() if absent is not None else np.zeros(len(market), dtype=np.int8)
        entries = hole.entries()
        made = np.flatnonzero((entries != 0) & (entries != fill.entries()) & (entries != usual))
        near = [int(b) for b in made if b % EVERY_BARS < 4 * HOLE_BARS]
        lost = int(np.count_nonzero((entries == 0) & (fill.entries() != 0)))
        if not near or (not places and len(near) <= MORE * lost + FEW):
            return None
        return self._write_up(study, market, role, near, (fill, hole), places)

    def _write_up(
        self,
        study: Study,
        market: Market,
        role: str,
        bars: list[int],
        pair: tuple[Decisions, Decisions],
        places: list[Finding],
    ) -> Conviction:
        evidence: dict[str, Any] = {
            "probe": self.name,
            "role": role,
            "holes": f"{HOLE_BARS} bars of NaN every {EVERY_BARS} bars",
            "entries_made": len(bars),
            **change_at(market, *pair, bars[0]),
        }
        place = places[0] if places else None
        file, line = (place.file, place.line) if place else study.target_place
        what = place.summary if place else f"Missing {role.replace('_', ' ')} is read as a value."
        text = f"{what} {len(bars)} entries on {market.symbol} exist only because {role.replace('_', ' ')} was missing."
        identity = str(place.details.get("expression", place.id)) if place else role
        details = place.details if place else {}
        finding = make_finding("nan_as_zero", Severity.HIGH, (file, line, identity), text, evidence, details)
        names = market.columns_of(role)
        absent = study.runner.decide(study.bundle, without(market, names)).decisions is not None
        arguments = {"columns": list(names), "every": EVERY_BARS, "length": HOLE_BARS, "absent": absent}
        return Conviction(finding, TestPlan("holes", market.symbol, 0, len(market), arguments))


def holed(market: Market, names: tuple[str, ...]) -> Market:
    """NaN in the first HOLE_BARS of every EVERY_BARS bars."""
    gone = np.arange(len(market)) % EVERY_BARS < HOLE_BARS
    return market.with_columns({n: np.where(gone, np.nan, market.columns[n]) for n in names})


def filled(market: Market, names: tuple[str, ...]) -> Market:
    """The same holes, each filled with the last value before it."""
    gaps = holed(market, names)
    known = {n: pd.Series(gaps.columns[n]).ffill().bfill() for n in names}
    return market.with_columns({n: np.asarray(v, dtype=np.float64) for n, v in known.items()})


def without(market: Market, names: tuple[str, ...]) -> Market:
    """The market as one that does not offer these columns."""
    columns = {n: v for n, v in market.columns.items() if n not in names}
    roles = {r: tuple(n for n in held if n not in names) for r, held in market.roles.items()}
    return replace(market, columns=columns, roles=roles)
