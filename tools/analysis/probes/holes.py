"""Invariant: what is not known is no signal.

Short holes (NaN) are made in the columns that a market may lack: open interest, funding, flow. An entry that exists
only with the hole, and neither when the hole is filled with the last known value nor when the column is absent
altogether, was made out of a missing value.

False-positive risks: a filter that forbids entries on a strong reading forbids fewer when the reading is missing; such
entries also show when the column is absent, and do not count here. A sum that lacks a few bars is another sum: where the
static reading has no place, the entries made must outnumber those lost (MORE, FEW).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from tools.analysis.probes.base import UNPLACED, Conviction, TestPlan, change_at, make_finding
from tools.analysis.study import Study
from tools.contracts import Decisions, Finding, Market, Severity

MOST_FILLS = 12
#: Share of such entries that may be left: what a bot does after another entry.
REST = 0.25
#: Share of zeros from which a column tells events.
SPARSE = 0.5
#: What asks whether a value is known.
UNKNOWN = re.compile(r"\b(is_?nan|is_?na|is_?null|not_?na|not_?null|is_?finite|None|(\w+) [!=]= \2)\b")
HOLE_BARS, EVERY_BARS = 6, 97
#: A sum over a hole is another sum, so some entries come and some go. Where no place is suspected, many more must come.
MORE, FEW = 2.0, 3
#: Entries made, from which on it tells something that without a zero they are gone: one or two come and go with anything.
LEAST = 3
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
        hole, fill, absent = _answers(study, study.bundle, versions)
        if hole is None or fill is None:
            return None
        near = _made(hole, fill, absent)
        lost = int(np.count_nonzero((hole.entries() == 0) & (fill.entries() != 0)))
        if len(near) >= LEAST:
            places = self._filled(study, versions, near) or places
        if not near or (not places and len(near) <= MORE * lost + FEW):
            return None
        return self._write_up(study, market, role, near, (fill, hole), places)

    def _filled(self, study: Study, versions: list[Market], near: list[int]) -> list[Finding]:
        """The first place at which a zero stands for what is missing and without which hardly an entry is made of it."""
        for file, node, text in zero_fills(study)[:MOST_FILLS]:
            change = _Unknown((node.lineno, node.col_offset, node.end_col_offset or 0))
            tree = change.visit(ast.parse(study.tree.files[file].text))
            bundle = study.store.derive(study.bundle, {file: ast.unparse(ast.fix_missing_locations(tree))})
            hole, fill, absent = _answers(study, bundle, versions)
            left = len(near) if hole is None or fill is None else len(_made(hole, fill, absent))
            if left <= REST * len(near):
                summary = f"`{text}` makes what is missing 0."
                place = (file, node.lineno, text)
                details = {"expression": text}
                return [make_finding("nan_as_zero", Severity.HIGH, place, summary, {}, details)]
        return []

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
        details = place.details if place else UNPLACED
        finding = make_finding("nan_as_zero", Severity.HIGH, (file, line, identity), text, evidence, details)
        names = market.columns_of(role)
        absent = study.runner.decide(study.bundle, without(market, names)).decisions is not None
        arguments = {"columns": list(names), "every": EVERY_BARS, "length": HOLE_BARS, "absent": absent}
        return Conviction(finding, TestPlan("holes", market.symbol, 0, len(market), arguments))


def _answers(study: Study, bundle: str, versions: list[Market]) -> list[Decisions | None]:
    """What a bundle decides on each version, asked at once."""
    asked = {str(k): market for k, market in enumerate(versions)}
    return [answer.decisions for answer in study.runner.decide_many(bundle, asked).values()]


def _made(hole: Decisions, fill: Decisions, absent: Decisions | None) -> list[int]:
    """Bars near a hole with an entry that is there only because of it."""
    entries = hole.entries()
    usual = absent.entries() if absent is not None else np.zeros(len(entries), dtype=np.int8)
    made = np.flatnonzero((entries != 0) & (entries != fill.entries()) & (entries != usual))
    return [int(b) for b in made if b % EVERY_BARS < 4 * HOLE_BARS]


def zero_fills(study: Study) -> list[tuple[str, ast.Call | ast.IfExp, str]]:
    """(file, node, text) of what puts 0 in the place of something: ``fillna(0)``, ``where(known, 0)``, ``nan_to_num``,
    ``0 if isnan(x) else x``."""
    found: list[tuple[str, ast.Call | ast.IfExp, str]] = []
    for file in study.own_files():
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Call | ast.IfExp) and _fills(node):
                found.append((file.path, node, ast.unparse(node)))
    return found


def _fills(node: ast.Call | ast.IfExp) -> bool:
    if isinstance(node, ast.IfExp):
        asks = UNKNOWN.search(ast.unparse(node.test))
        return bool(asks) and (_zero(node.body) or _zero(node.orelse))
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name == "nan_to_num":
        return True
    given = [*node.args, *(k.value for k in node.keywords)]
    chosen = name == "where" and len(node.args) == 3 and all(_is_number(a) for a in node.args[1:])
    return (
        name in ("fillna", "where", "mask", "replace", "fill_null", "fill_nan")
        and not chosen  # ``np.where(rule, -1, 0)`` says which rule holds
        and any(_zero(a) for a in given)
    )


def _is_number(node: ast.expr) -> bool:
    return isinstance(node.operand if isinstance(node, ast.UnaryOp) else node, ast.Constant)


def _zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, bool) and node.value == 0


class _Unknown(ast.NodeTransformer):
    """NaN in the place of the zeros of one node."""

    def __init__(self, place: tuple[int, int, int]) -> None:
        self.place = place

    def visit(self, node: ast.AST) -> ast.AST:
        here = tuple(getattr(node, n, None) for n in ("lineno", "col_offset", "end_col_offset"))
        node = self.generic_visit(node)
        if here != self.place or not isinstance(node, ast.Call | ast.IfExp):
            return node
        blank = ast.parse("float('nan')", mode="eval").body
        if isinstance(node, ast.IfExp):
            node.body, node.orelse = (blank if _zero(v) else v for v in (node.body, node.orelse))
        elif getattr(node.func, "attr", "") == "nan_to_num":
            return node.args[0]
        else:
            node.args = [blank if _zero(a) else a for a in node.args]
            for keyword in node.keywords:
                keyword.value = blank if _zero(keyword.value) else keyword.value
        return node


def holed(market: Market, names: tuple[str, ...]) -> Market:
    """NaN in the first HOLE_BARS of every EVERY_BARS bars."""
    gone = np.arange(len(market)) % EVERY_BARS < HOLE_BARS
    return market.with_columns({n: np.where(gone, np.nan, market.columns[n]) for n in names})


def filled(market: Market, names: tuple[str, ...]) -> Market:
    """The same holes, each filled with the last value before it; with 0 where a column is 0 on most bars (payments, events): what
    is missing of those is that nothing happened."""
    gaps = holed(market, names)
    known = {
        n: pd.Series(gaps.columns[n]).fillna(0.0)
        if np.mean(market.columns[n] == 0) > SPARSE
        else pd.Series(gaps.columns[n]).ffill().bfill()
        for n in names
    }
    return market.with_columns({n: np.asarray(v, dtype=np.float64) for n, v in known.items()})


def without(market: Market, names: tuple[str, ...]) -> Market:
    """The market as one that does not offer these columns."""
    columns = {n: v for n, v in market.columns.items() if n not in names}
    roles = {r: tuple(n for n in held if n not in names) for r, held in market.roles.items()}
    return replace(market, columns=columns, roles=roles)
