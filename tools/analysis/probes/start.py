"""Invariant: where the data starts decides nothing once the indicators are warm; missing bars are forgotten as well.

Start: the first quarter, then the first third of the bars is left out; entries in the last third of the sample must be the
same. Gap: some hours are missing in the first third; entries of the last half must be the same. The first shows running
totals whose level is used and statistics since the first bar; the second tables that are joined by position.

It convicts where the static reading names the place (a running total, a positional join): a running total's, unless only its
differences are read (start_level.py), by putting a window (a fading sum, where a bot adds up bar by bar) in its place in a copy, with which the invariant must hold. Where a copy
differs in not one entry, SLIGHT entries of the system's are enough. And it convicts where entries well after the warm-up
that the strategy declares (a quarter of the bars, where it declares none) depend on the start, and a column that gets a name
is seen not to forget it (start_settled.py, start_columns.py). Without a place it is only a suspect.

False-positive risks: a state machine may stay out of step for long after another start, an average of thousands of bars
forgets slowly; hence the place, and the tolerance: five entries and 5 % of those in the compared part may differ.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

import numpy as np

from tools.analysis.probes.base import Conviction, TestPlan, iso, make_finding
from tools.analysis.probes.positional import positional_places
from tools.analysis.probes.reads import Reads
from tools.analysis.probes.start_level import Position, is_total, level_matters
from tools.analysis.probes.start_overheard import overheard_start
from tools.analysis.study import Study
from tools.contracts import Decisions, Finding, Market, Severity

ALLOWED, ALLOWED_SHARE = 5, 0.05
#: Entries that are enough where without the total not one differs.
SLIGHT = 2
#: Bars that go missing: no multiple of an hour or a day.
GAP_BARS = 43
#: Where rows are counted and the short gap moved too little to tell.
LONG_GAP_BARS = 571
WINDOW = 288
#: Bars after which a fading sum has forgotten two thirds.
FADING = 48


@dataclass(frozen=True)
class Apart:
    """Entries that differ: how many of how many, and where the first is. ``plan`` arguments show it again."""

    market: Market
    changed: int
    entries: int
    first: int
    arguments: dict[str, Any]

    @property
    def matters(self) -> bool:
        """Beyond the tolerance."""
        return self.changed > max(ALLOWED, ALLOWED_SHARE * self.entries)


class StartProbe:
    """Running totals and everything since the first bar."""

    name = "cumulative_origin"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction for each running total that explains the difference; else one suspect."""
        apart = self.first(study, study.bundle)
        slight = apart or self.first(study, study.bundle, least=SLIGHT)
        for file, line, spans in _by_line(totals(study)) if slight else ():
            matters = any(level_matters(study, file, span) for span in spans)
            changed = windowed(study, file, spans) if matters else None
            if changed is not None and self.first(study, changed, least=None if apart else 1) is None:
                assert slight is not None
                return [self._write_up(study, slight, (file, line), suspects)]
        overheard = overheard_start(study)
        if overheard is not None:
            return [overheard]
        return [self._advice(study, apart)] if apart else []

    def first(self, study: Study, bundle: str, *, least: int | None = None) -> Apart | None:
        """The first market on which both starts matter: beyond the tolerance, or in ``least`` entries."""
        for market in study.sample(3).values():
            whole = study.runner.decide(bundle, market).decisions
            if whole is None:
                return None
            cuts = [cut_start(study, bundle, market, whole, share) for share in (4, 3)]
            known = [
                c for c in cuts if c is not None and (c.matters if least is None else c.changed >= least)
            ]
            if len(known) == len(cuts):
                return known[0]
        return None

    def _write_up(
        self, study: Study, apart: Apart, total: tuple[str, int], suspects: Iterable[Finding]
    ) -> Conviction:
        uses = [
            s
            for s in suspects
            if s.category == "cumulative_origin"
            and (s.details.get("total", {}).get("file"), s.details.get("total", {}).get("line")) == total
        ]
        own = [u for u in uses if (u.file, u.line) == total]  # used where it is made: there it is wrong
        first = (own or uses)[:1]
        file, line = (first[0].file, first[0].line) if first else (next(level_uses(study, *total), total))
        if read_once(study, *total):
            file, line = total  # made for this one use: what it is made of is what is wrong
        arguments = {**apart.arguments, "allowed": min(int(apart.arguments["allowed"]), apart.changed - 1)}
        text = study.tree.files[file].text.splitlines()[line - 1].strip()
        summary = (
            f"`{text}` depends on where the data starts: with the first {apart.arguments['cut']:,} bars left out, "
            f"{apart.changed} of {apart.entries} entries on {apart.market.symbol} in the last third differ."
        )
        finding = make_finding(
            "start_dependence", Severity.HIGH, (file, line, text), summary, _evidence(self.name, apart)
        )
        return Conviction(finding, TestPlan("start", apart.market.symbol, 0, len(apart.market), arguments))

    def _advice(self, study: Study, apart: Apart) -> Conviction:
        file, line = study.target_place
        summary = (
            f"Entries depend on where the data starts: {apart.changed} of {apart.entries} in the last third of "
            f"{apart.market.symbol} differ when the first {apart.arguments['cut']:,} bars are left out."
        )
        return Conviction(
            make_finding("start_dependence", Severity.LOW, (file, line, "strategy"), summary, {})
        )


class GapProbe:
    """Joins by position."""

    name = "gap_alignment"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction at most; without a place a suspect."""
        places = positional_places(study)
        sizes = (GAP_BARS, LONG_GAP_BARS) if places else (GAP_BARS,)
        tried = ((m, gap_apart(study, m, bars)) for bars in sizes for m in study.sample(3).values())
        for market, apart in tried:
            if apart is None or not apart.matters:
                continue
            file, line = places[0] if places else study.target_place
            text = study.tree.files[file].text.splitlines()[line - 1].strip()
            summary = (
                f"`{text}` lines rows up by position, not by time: with {apart.arguments['last'] - apart.arguments['first']} bars missing in the first third, "
                f"{apart.changed} of {apart.entries} entries on {market.symbol} in the last half differ."
            )
            evidence = _evidence(self.name, apart) if places else {}
            severity = Severity.HIGH if places else Severity.LOW
            finding = make_finding("gap_alignment", severity, (file, line, text), summary, evidence)
            plan = TestPlan("gap", market.symbol, 0, len(market), apart.arguments) if places else None
            return [Conviction(finding, plan)]
        return []


def cut_start(study: Study, bundle: str, market: Market, whole: Decisions, share: int) -> Apart | None:
    """The last third of the entries with and without the first 1/``share`` of the bars."""
    cut, settled = len(market) // share + 5, len(market) * 2 // 3
    later = study.runner.decide(bundle, market.cut(cut, len(market))).decisions
    if later is None:
        return None
    usual, then = whole.entries()[settled:], later.entries()[settled - cut :]
    arguments = {"cut": cut, "settled": settled}
    return _apart(market, usual, then, settled, arguments)


def gap_apart(study: Study, market: Market, bars: int = GAP_BARS) -> Apart | None:
    """The last half of the entries with and without a gap in the first third."""
    first = len(market) // 4 + 7
    stay = np.ones(len(market), dtype=bool)
    stay[first : first + bars] = False
    holed = replace(market, time=market.time[stay], columns={n: v[stay] for n, v in market.columns.items()})
    then = study.runner.decide(study.bundle, holed).decisions
    if then is None:
        return None
    settled = int(stay.sum()) // 2
    usual = study.decisions[market.symbol].entries()[stay][settled:]
    arguments = {"first": first, "last": first + bars, "settled": settled}
    return _apart(market, usual, then.entries()[settled:], settled, arguments)


def _apart(
    market: Market, usual: np.ndarray, then: np.ndarray, offset: int, arguments: dict[str, Any]
) -> Apart:
    changed = np.flatnonzero(usual != then)
    entries = int(np.count_nonzero(usual))
    allowed = int(max(ALLOWED, ALLOWED_SHARE * entries))
    first = offset + int(changed[0]) if changed.size else -1
    return Apart(market, int(changed.size), entries, first, {**arguments, "allowed": allowed})


def _evidence(name: str, apart: Apart) -> dict[str, Any]:
    return {
        "probe": name,
        "symbol": apart.market.symbol,
        "entries_changed": apart.changed,
        "entries_compared": apart.entries,
        "bar": apart.first,
        "time": iso(int(apart.market.time[apart.first])),
        **apart.arguments,
    }


def totals(study: Study) -> list[tuple[str, int, Position]]:
    """(file, line, position) of every running total in the relevant files, those that a bot adds up last."""
    found, added = [], []
    for file in study.tree.product():
        if file.path in study.architecture.relevant:
            for node in ast.walk(file.tree):
                if is_total(node):
                    found.append((file.path, node.lineno, (node.lineno, node.col_offset)))
                elif _is_added(node):
                    added.append((file.path, node.lineno, (node.lineno, node.col_offset)))
    return [*found, *added]


def _by_line(found: list[tuple[str, int, Position]]) -> list[tuple[str, int, tuple[Position, ...]]]:
    """The running totals of one line together, as in ``a.cumsum() / b.cumsum()``; each alone comes first."""
    lines = list(dict.fromkeys((file, line) for file, line, _ in found))
    grouped = [(*at, tuple(s for f, n, s in found if (f, n) == at)) for at in lines]
    return [(f, n, (s,)) for f, n, s in found] + [g for g in grouped if len(g[2]) > 1]


def _is_added(node: ast.AST) -> TypeGuard[ast.AugAssign]:
    """``self.total += amount``, ``state["total"] += amount``, ``total += amount``; counters apart."""
    if not isinstance(node, ast.AugAssign) or not isinstance(node.op, ast.Add | ast.Sub):
        return False
    return not isinstance(node.value, ast.Constant)


def level_uses(study: Study, path: str, line: int) -> Iterator[tuple[str, int]]:
    """Where the level of a running total starts to matter: where the relative change is taken of one that a function only hands
    back (a difference of it would be sound); where what a bot adds up is divided or compared."""
    tree = study.tree.files[path].tree
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
    around = [f.name for f in functions if f.lineno <= line <= (f.end_lineno or f.lineno)]
    for file in study.tree.product():
        if around and file.path in study.architecture.relevant:
            for node in ast.walk(file.tree):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "pct_change":
                    made = node.func.value if isinstance(node.func, ast.Attribute) else node
                    if isinstance(made, ast.Call) and ast.unparse(made.func).split(".")[-1] == around[-1]:
                        yield file.path, node.lineno
    added = next((n for n in ast.walk(tree) if _is_added(n) and n.lineno == line), None)
    if added is not None:
        name = ast.unparse(added.target)
        yield from ((path, n.lineno) for n in ast.walk(tree) if _judges(n, name))


def read_once(study: Study, path: str, line: int) -> bool:
    """Whether a running total gets a name and is read for its level only: nothing takes a difference or a window of it."""
    for node in ast.walk(study.tree.files[path].tree):
        if isinstance(node, ast.Assign) and node.lineno == line:
            target = node.targets[0]
            key = (
                target.slice.value
                if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant)
                else None
            )
            name = str(key or getattr(target, "attr", getattr(target, "id", "")))
            loads = [d for d in Reads(study).loads.get(name, ()) if d.statement is not node]
            sound = re.compile(
                rf"\b{re.escape(name)}\b['\"\])]*(\.(diff|shift|rolling|ewm|sub|pct_change)\b|\[| -)|- [\w.\[\"']*{re.escape(name)}\b"
            )
            return bool(name and loads) and not any(sound.search(ast.unparse(d.statement)) for d in loads)
    return False


def _judges(node: ast.AST, name: str) -> TypeGuard[ast.expr]:
    """``total / other``, ``total > other``: with the total itself as a side."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return ast.unparse(node.left) == name
    if isinstance(node, ast.Compare):
        return name in (ast.unparse(s) for s in (node.left, *node.comparators))
    return False


class _Windowed(ast.NodeTransformer):
    def __init__(self, places: Collection[Position]) -> None:
        self.places, self.changed = places, False

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        if (node.lineno, node.col_offset) not in self.places or not _is_added(node):
            return node
        self.changed = True
        name, sign = ast.unparse(node.target), "+" if isinstance(node.op, ast.Add) else "-"
        text = f"{name} = {name} * {1.0 - 1.0 / FADING!r} {sign} ({ast.unparse(node.value)})"
        return ast.copy_location(ast.parse(text).body[0], node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if (node.lineno, node.col_offset) not in self.places or not is_total(node):
            return node
        assert isinstance(node.func, ast.Attribute)
        library = isinstance(node.func.value, ast.Name) and node.func.value.id in ("np", "numpy")
        what = node.args[0] if library and node.args else node.func.value
        how = {"cumsum": "sum", "cumprod": "prod", "cummax": "max", "cummin": "min", "accumulate": "sum"}
        rolled = f"__import__('pandas').Series({ast.unparse(what)}).rolling({WINDOW}, min_periods=1)"
        if node.func.attr != "expanding":
            inner = ".apply('prod')" if how[node.func.attr] == "prod" else f".{how[node.func.attr]}()"
            rolled += inner + (".to_numpy()" if library else "")
        self.changed = True
        return ast.copy_location(ast.parse(rolled, mode="eval").body, node)


def windowed(study: Study, file: str, places: Collection[Position]) -> str | None:
    """A copy in which the running totals at these places only look back WINDOW bars."""
    tree = ast.parse(study.tree.files[file].text)
    change = _Windowed(places)
    tree = change.visit(tree)
    if not change.changed:
        return None
    return study.store.derive(study.bundle, {file: ast.unparse(ast.fix_missing_locations(tree))})
