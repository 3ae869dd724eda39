"""Invariant: an entry carries the stop, target or trail that the source sets, at a distance that prices can reach.

Never armed: the source names a stop (a setting, a constant or a column that it writes, such as ``stop_loss``), and not one
entry on any symbol has one, nor has any other entry another protection under the contract's name. Out of reach: it stands so
far away that the price would have to move by more than from its lowest to its highest in the whole sample to touch it, or
outside of what a decision may say (a stop of 100 % and more).

False-positive risks: a name with "stop" in it that means something else; systems whose exits are orders of their own (a
bar-by-bar bot): silent unless the source writes a decision column of that kind. One fixed distance is
meant for disasters and silent. Tolerance: one and a half times the whole range, and 30 % at the least.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tools.analysis.probes.base import Conviction, Raw, TestPlan, make_finding
from tools.analysis.probes.numbers import settings_numbers
from tools.analysis.study import Study
from tools.contracts import Finding, Floats, Severity

COLUMNS = {"stop": "stop", "target": "target", "trail": "trailing stop"}
FAR, AT_LEAST = 1.5, 0.3
TEST_BARS = 4000
#: Keys and columns that are meant to be a stop, whatever follows.
WORDS = re.compile(r"(stop|sl)([ _-]?(loss|price|pct|percent|distance|level|dist))?", re.IGNORECASE)


WORDS_OF_EXITS = re.compile(rf"{WORDS.pattern}|target|trail", re.IGNORECASE)


class ProtectionProbe:
    """Stops that are not there, or out of reach."""

    name = "protection"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """At most one conviction a decision column."""
        entries = self._entries(study)
        if sum(e.sum() for e in entries.values()) < 10:
            return []
        found = []
        for column, shown in COLUMNS.items():
            distances = {s: study.decisions[s].column(column)[e] for s, e in entries.items()}
            values = np.concatenate(list(distances.values()))
            set_ = values[np.isfinite(values) & (values > 0)]
            if set_.size:
                conviction = self._reach(study, column, shown, set_)
            else:
                conviction = self._unarmed(study, column, shown, len(values))
            if conviction is not None:
                found.append(conviction)
        return found

    def _entries(self, study: Study) -> dict[str, np.ndarray]:
        return {s: d.entries() != 0 for s, d in study.decisions.items()}

    def _unarmed(self, study: Study, column: str, shown: str, entries: int) -> Conviction | None:
        place = written_at(study, column) or (column == "stop" and misnamed_at(study)) or None
        if place is None:
            return None
        file, line, text = place
        evidence = {"probe": self.name, "column": column, "entries": entries, "entries_with_it": 0}
        summary = f"`{text}` is to set a {shown}, but none of {entries:,} entries carries one."
        finding = make_finding(f"{column}_never_armed", Severity.HIGH, (file, line, text), summary, evidence)
        return Conviction(finding, self._plan(study, column, shown, 1e9))

    def _reach(self, study: Study, column: str, shown: str, distances: Floats) -> Conviction | None:
        usual = float(np.median(distances))
        worst = whole_range(study)
        if usual < AT_LEAST or usual < FAR * worst or np.ptp(distances) == 0:
            return None  # one fixed distance is a limit for disasters, and meant
        place = written_at(study, column)
        if place is None:
            return None
        file, line, text = place
        evidence = {
            "probe": self.name,
            "column": column,
            "distance": usual,
            "whole_range_of_the_price": worst,
            "entries": int(distances.size),
        }
        summary = (
            f"`{text}` puts the {shown} {usual:.0%} away; the price moved {worst:.1%} from its lowest to its highest: out of reach, "
            "as if percent were taken for fractions."
        )
        finding = make_finding("distance_out_of_reach", Severity.HIGH, (file, line, text), summary, evidence)
        return Conviction(finding, self._plan(study, column, shown, max(AT_LEAST, FAR * worst)))

    def _plan(self, study: Study, column: str, shown: str, reach: float) -> TestPlan:
        symbol = study.by_activity[0]
        arguments: dict[str, Any] = {"column": column, "name": Raw(shown), "reach": reach}
        return TestPlan("protected", symbol, 0, min(TEST_BARS, len(study.markets[symbol])), arguments)


def whole_range(study: Study) -> float:
    """The highest price over the lowest, less 1, in the middle of the markets."""
    ranges = [
        float(np.nanmax(m.columns["high"]) / np.nanmin(m.columns["low"]) - 1.0)
        for m in study.markets.values()
    ]
    return float(np.median(ranges)) if ranges else 0.0


def written_at(study: Study, column: str) -> tuple[str, int, str] | None:
    """Where the source writes a decision column; None where it does not."""
    flow = study.architecture.flow
    written = [d for d in flow.decisions if d.name == column]
    # a module's table with such a key holds settings, where some function writes the column
    inside = [d for d in written if d.function not in ("", "<module>")]
    places = [(d.file, d.line) for d in inside or written]
    if not places or column in _read_keys(study):
        return _key(study, {column})
    file, line = places[0]
    for key in _keys(study, {column}):
        if key[0] == file and line <= key[1] <= _end(study, file, line):
            return key  # the entry of a table that is written over several lines
    return file, line, study.tree.files[file].text.splitlines()[line - 1].strip()


def _end(study: Study, file: str, line: int) -> int:
    """The last line of what begins at a line."""
    nodes = ast.walk(study.tree.files[file].tree)
    return max(
        (int(getattr(n, "end_lineno", 0) or 0) for n in nodes if getattr(n, "lineno", 0) == line),
        default=line,
    )


def misnamed_at(study: Study) -> tuple[str, int, str] | None:
    """Where a table is given a column whose name means a stop and is not the one that counts."""
    return _key(study, None)


def _key(study: Study, names: set[str] | None) -> tuple[str, int, str] | None:
    """The first such key that no code reads again: what is read is a strategy's own memory of a position."""
    keys = list(_keys(study, names))
    read = _read_keys(study) if keys else set()
    return next(
        ((f, n, text) for f, n, text in keys if not any(f"{q}{k}{q}" in text for k in read for q in "'\"")),
        None,
    )


def _read_keys(study: Study) -> set[str]:
    """Texts by which something is taken out of a table: ``trade["stop"]``, ``trade.get("stop")``; where a table's entry is only
    worked over (``out["stop"] = out["stop"].clip(0, 1)``) it is not taken out, and what a setting is called says nothing."""
    found = set()
    for file in study.tree.product():
        over = {id(n) for a in ast.walk(file.tree) if isinstance(a, ast.Assign) for n in _worked_over(a)}
        for node in ast.walk(file.tree):
            if id(node) in over:
                continue
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
                key: ast.AST | None = node.slice
            elif (
                isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("get", "pop") and node.args
            ):
                key = node.args[0]
            else:
                continue
            if isinstance(key, ast.Constant) and WORDS_OF_EXITS.fullmatch(str(key.value)):
                found.add(str(key.value))
    return found - {number.name for number in settings_numbers(study)}


def _keys(study: Study, names: set[str] | None) -> Iterator[tuple[str, int, str]]:
    for file in study.tree.product():
        if file.path not in study.architecture.relevant:
            continue
        for node in ast.walk(file.tree):
            for key in _written_keys(node):
                text = str(key.value)
                hit = text in names if names else bool(WORDS.fullmatch(text))
                if hit:
                    yield file.path, key.lineno, file.text.splitlines()[key.lineno - 1].strip()


def _worked_over(node: ast.Assign) -> Iterator[ast.AST]:
    """The nodes of a value that name the very entry that it is given to."""
    target = ast.unparse(node.targets[0])
    yield from (n for n in ast.walk(node.value) if isinstance(n, ast.Subscript) and ast.unparse(n) == target)


def _written_keys(node: ast.AST) -> Iterable[ast.Constant]:
    """String keys under which something that is worked out is stored: ``out["stop_loss"] = x``, ``{"stop_loss": x}``."""
    if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant):
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                parts = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
                yield from (p for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str))
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if (
                isinstance(key, ast.Constant)
                and isinstance(key.value, str)
                and not isinstance(value, ast.Constant)
            ):
                yield key
