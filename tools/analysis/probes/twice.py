"""Invariant: nothing counts twice.

An adding statement (``score += …``, ``orders.append(…)``) that stands twice, word for word, in one block, a term that stands
twice in a sum or a list of terms, and an entry that
is always followed by another on the next bar, are one thing counted double. The first convicts when decisions change once
the second copy is taken out; the second when on every symbol no entry ever stands alone and the source writes beside the bar
at hand (``i + 1``, ``.shift(1)`` joined by "or").

False-positive risks: a loop unrolled by hand (same words, other effect) - the copies must be equal to the last word, with
nothing assigned in between that they read; signals that last for long by nature - the place must be there, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, TypeGuard

import numpy as np

from tools.analysis.probes.base import Conviction, TestPlan, make_finding
from tools.analysis.study import Study, differs
from tools.contracts import Finding, Severity

TEST_BARS = 3000
ADDING = ("append", "add", "extend", "update")
#: Orders: two in a row ask for twice as much.
ORDERING = ("buy", "sell", "order", "submit_order", "place_order", "create_order", "market_order", "enter")
ENOUGH_ENTRIES, ALIKE = 20, 0.75
#: Share of entries that may stand alone for another reason (a filter that comes after).
FEW_ALONE = 0.2


class TwiceProbe:
    """Terms and entries that count double."""

    name = "counted_twice"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction a doubled statement; at most one for doubled entries."""
        found = []
        for path, statement, function in doubled(study):
            conviction = self._try(study, path, statement, function)
            found += [conviction] if conviction else []
        for path, node, text in doubled_terms(study):
            conviction = self._term(study, path, node, text)
            found += [conviction] if conviction else []
        found += [self._operand(study, *place) for place in doubled_operands(study)]
        echo = self._echo(study)
        return [*found, *([echo] if echo else [])]

    def _try(self, study: Study, path: str, statement: ast.stmt, function: str) -> Conviction | None:
        tree = _Without(statement.lineno).visit(ast.parse(study.tree.files[path].text))
        changed = _decided_otherwise(study, path, tree)
        if not changed:
            return None
        text = ast.unparse(statement)
        evidence: dict[str, Any] = {
            "probe": self.name,
            "statement": text,
            "decisions_changed_without_the_second": changed,
        }
        summary = f"`{text}` stands twice in {function}() and counts twice: {changed} bars decide otherwise without the second."
        finding = make_finding(
            "duplicated_entry", Severity.MEDIUM, (path, statement.lineno, text), summary, evidence
        )
        symbol = study.by_activity[0]
        arguments = {"file": path, "text": text, "function": function}
        return Conviction(finding, TestPlan("twice", symbol, 0, 2, arguments))

    def _term(self, study: Study, path: str, node: ast.expr, text: str) -> Conviction | None:
        tree = _WithoutTerm(node.lineno, node.col_offset).visit(ast.parse(study.tree.files[path].text))
        changed = _decided_otherwise(study, path, tree)
        if not changed:
            return None
        whole = study.tree.files[path].text.splitlines()[node.lineno - 1].strip()
        evidence: dict[str, Any] = {
            "probe": self.name,
            "statement": text,
            "decisions_changed_without_the_second": changed,
        }
        summary = f"`{text}` stands twice in `{whole}` and counts twice: {changed} bars decide otherwise without the second."
        finding = make_finding(
            "duplicated_entry", Severity.MEDIUM, (path, node.lineno, text), summary, evidence
        )
        return Conviction(
            finding, TestPlan("twice_term", study.by_activity[0], 0, 2, {"file": path, "text": text})
        )

    def _operand(self, study: Study, path: str, node: ast.expr, whole: str) -> Conviction:
        text = ast.unparse(node)
        evidence: dict[str, Any] = {"probe": self.name, "statement": text, "joined": whole}
        summary = f"`{text}` stands twice in `{whole}`: joined with itself it says no more than once. Another condition was meant."
        finding = make_finding(
            "duplicated_entry", Severity.MEDIUM, (path, node.lineno, text), summary, evidence
        )
        symbol, arguments = study.by_activity[0], {"file": path, "text": text}
        return Conviction(finding, TestPlan("twice_operand", symbol, 0, 2, arguments))

    def _echo(self, study: Study) -> Conviction | None:
        """Entries of one side that never stand alone."""
        place = next(echo_places(study), None)
        if place is None:
            return None
        for side in ("enter_long", "enter_short"):
            runs = [run for d in study.decisions.values() for run in runs_of(d.column(side))]
            many = np.array([n for n in runs if n > 1])
            alone = len(runs) < ENOUGH_ENTRIES or many.size < (1.0 - FEW_ALONE) * len(runs)
            if not alone and np.mean(many == many.min()) >= ALIKE:
                return self._echoed(study, place, side, many.tolist())
        return None

    def _echoed(self, study: Study, place: tuple[str, int, str], side: str, runs: list[int]) -> Conviction:
        path, line, text = place
        evidence: dict[str, Any] = {
            "probe": self.name,
            "side": side,
            "entries": len(runs),
            "bars_each": min(runs),
        }
        summary = (
            f"`{text}` asks for every entry again on the next bar: of {len(runs)} on {len(study.decisions)} symbols "
            f"hardly one stands alone, most last {min(runs)} bars."
        )
        finding = make_finding("duplicated_entry", Severity.MEDIUM, (path, line, text), summary, evidence)
        symbol = study.by_activity[0]
        bars = min(TEST_BARS, len(study.markets[symbol]))
        return Conviction(finding, TestPlan("echo", symbol, 0, bars, {"bars_each": min(runs), "side": side}))


def _decided_otherwise(study: Study, path: str, tree: ast.AST) -> int:
    """Bars of three markets that are decided otherwise with ``tree`` in a file's place."""
    bundle = study.store.derive(study.bundle, {path: ast.unparse(ast.fix_missing_locations(tree))})
    changed = 0
    for symbol, market in study.sample(3).items():
        then = study.runner.decide(bundle, market).decisions
        changed += 0 if then is None else int(differs(study.decisions[symbol], then).sum())
    return changed


def runs_of(entries: np.ndarray) -> list[int]:
    """Lengths of runs of equal entries, those cut off by the end apart."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], entries, [0]])))
    lengths = [int(b - a) for a, b in pairwise(edges) if entries[a] != 0]
    return lengths[:-1] if len(entries) and entries[-1] != 0 else lengths


def doubled(study: Study) -> Iterator[tuple[str, ast.stmt, str]]:
    """(file, the second copy, function) of adding statements that stand twice in a block."""
    for file in study.own_files():
        for function in ast.walk(file.tree):
            if isinstance(function, ast.FunctionDef):
                for block in _blocks(function):
                    yield from ((file.path, s, function.name) for s in _repeats(block))


def _blocks(function: ast.FunctionDef) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(function):
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def _repeats(block: list[ast.stmt]) -> Iterator[ast.stmt]:
    seen: set[str] = set()
    for statement in block:
        text = ast.unparse(statement)
        if _adds(statement):
            if text in seen:
                yield statement
            seen.add(text)
        elif not isinstance(statement, ast.AugAssign | ast.Expr):
            written = {
                n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            }
            seen = {t for t in seen if not written & _names(t)}


def _names(text: str) -> set[str]:
    return {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}


def _adds(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.AugAssign):
        return not isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        return isinstance(call.func, ast.Attribute) and (
            (call.func.attr in ADDING and bool(call.args)) or call.func.attr in ORDERING
        )
    return False


class _Without(ast.NodeTransformer):
    def __init__(self, line: int) -> None:
        self.line = line

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                kept = [
                    s for s in block if not (isinstance(s, ast.stmt) and s.lineno == self.line and _adds(s))
                ]
                setattr(node, name, kept or block)
        return super().generic_visit(node)


def echo_places(study: Study) -> Iterator[tuple[str, int, str]]:
    """Where the bar after is written, or a signal joined with itself a bar later."""
    for file in study.tree.product():
        if file.path not in study.architecture.relevant:
            continue
        lines = file.text.splitlines()
        for node in ast.walk(file.tree):
            if _writes_ahead(node) or _joins_itself(node) or _repeats_entries(node):
                line = node.lineno  # type: ignore[attr-defined]
                yield file.path, line, lines[line - 1].strip()


def _writes_ahead(node: ast.AST) -> bool:
    if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Store):
        return False
    return any(
        isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add) and isinstance(n.right, ast.Constant)
        for n in ast.walk(node.slice)
    )


def _joins_itself(node: ast.AST) -> bool:
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.BitOr):
        return False
    left, right = ast.unparse(node.left), ast.unparse(node.right)
    return right.startswith((f"{left}.shift(", f"({left}).shift(")) or left.startswith(f"{right}.shift(")


def _repeats_entries(node: ast.AST) -> TypeGuard[ast.Assign]:
    """``out.loc[out["enter_long"].shift(1) == 1, "enter_long"] = 1``: an entry written where one was a bar before."""
    if not isinstance(node, ast.Assign):
        return False
    text = ast.unparse(node)
    return any(f"{side}'].shift(" in text and text.count(side) > 1 for side in ("enter_long", "enter_short"))


def doubled_terms(study: Study) -> Iterator[tuple[str, ast.expr, str]]:
    """(file, the second copy, its text) of terms that stand twice in a sum of three or more, or in a list of names or texts
    that is gone through."""
    for file in study.own_files():
        inner = {
            id(n.left) for n in ast.walk(file.tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add)
        }
        for node in ast.walk(file.tree):
            terms = [] if id(node) in inner else terms_of(node)
            if len(terms) > 2:
                yield from ((file.path, term, ast.unparse(term)) for term in _copies(terms))


def doubled_operands(study: Study) -> Iterator[tuple[str, ast.expr, str]]:
    """(file, the second copy, the whole) of comparisons that are joined with themselves by and, or, ``&``, ``|``."""
    for file in study.own_files():
        for node in ast.walk(file.tree):
            for operand in _copies(operands_of(node)):
                if isinstance(operand, ast.Compare | ast.Name | ast.Attribute | ast.Subscript):
                    yield file.path, operand, ast.unparse(node)


def _copies(parts: Iterable[ast.expr]) -> Iterator[ast.expr]:
    """Those that stand there a second time, or once more."""
    seen: set[str] = set()
    for part in parts:
        text = ast.unparse(part)
        if text in seen:
            yield part
        seen.add(text)


def operands_of(node: ast.AST) -> list[ast.expr]:
    """What a condition joins by one and the same word; [] where it joins nothing."""
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
        inner = operands_of(node.left) if type(getattr(node.left, "op", None)) is type(node.op) else []
        return [*(inner or [node.left]), node.right]
    return []


def terms_of(node: ast.AST) -> list[ast.expr]:
    """The terms of a sum, or the elements of a list of things with a name; written numbers apart."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*(terms_of(node.left) or [node.left]), node.right]
    if isinstance(node, ast.List | ast.Tuple) and isinstance(node.ctx, ast.Load):
        named = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Compare, ast.Constant)
        texts = all(isinstance(e, named) for e in node.elts)
        numbers = any(isinstance(e, ast.Constant) and not isinstance(e.value, str) for e in node.elts)
        return list(node.elts) if texts and not numbers else []
    return []


class _WithoutTerm(ast.NodeTransformer):
    def __init__(self, line: int, column: int) -> None:
        self.place = (line, column)

    def _gone(self, node: ast.expr) -> bool:
        return (node.lineno, node.col_offset) == self.place

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if isinstance(node.op, ast.Add) and self._gone(node.right):
            return self.visit(node.left)  # type: ignore[no-any-return]
        return self.generic_visit(node)

    def visit_List(self, node: ast.List) -> ast.AST:
        node.elts = [e for e in node.elts if not self._gone(e)]
        return self.generic_visit(node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        node.elts = [e for e in node.elts if not self._gone(e)]
        return self.generic_visit(node)
