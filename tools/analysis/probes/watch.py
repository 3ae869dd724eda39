"""Look at the values of expressions inside a running strategy, through the tracer that conditions are watched with.

In a copy each watched expression E becomes a call that compares E with 0 and hands E back, so that the comparison is traced
and the program goes on with E unchanged.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.analysis.silence.instrument import Instrumented, instrument
from tools.analysis.silence.rates import Rate, decode
from tools.analysis.study import Study
from tools.contracts import Market

NAME = "mendel_watched"
#: What is no number, and no column of numbers, is looked at as a NaN.
_PLAIN = (
    f"(lambda mendel_whole: ((lambda {NAME}: {NAME} > 0)(mendel_whole if isinstance(mendel_whole, (int, float)) or "
    "getattr(getattr(mendel_whole, 'dtype', None), 'kind', '-') in 'biuf' else float('nan')), mendel_whole)[1])(0)"
)
#: Columns of numbers only.
_COLUMN = (
    f"(lambda mendel_whole: ((lambda {NAME}: {NAME} > 0)(mendel_whole if getattr(getattr(mendel_whole, 'dtype', None), "
    "'kind', '-') in 'biuf' else float('nan')), mendel_whole)[1])(0)"
)
Position = tuple[int, int, int, int]


@dataclass(frozen=True)
class Watched:
    """An expression: where, its text, and the function around it (qualified; "<module>" outside)."""

    file: str
    position: Position
    text: str
    function: str
    name: str = ""

    @property
    def line(self) -> int:
        """Its first line."""
        return self.position[0]


def position(node: ast.expr) -> Position:
    """Line, column, end line, end column."""
    return node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0


class _Wrap(ast.NodeTransformer):
    def __init__(self, positions: set[Position], template: str) -> None:
        self.positions, self.template = positions, template

    def visit(self, node: ast.AST) -> ast.AST:
        here = position(node) if isinstance(node, ast.expr) else None
        inner = self.generic_visit(node)
        if here in self.positions and isinstance(inner, ast.expr):
            self.positions.discard(here)
            call = ast.parse(self.template, mode="eval").body
            assert isinstance(call, ast.Call)
            call.args = [inner]
            return call
        return inner


def watching(study: Study, expressions: Sequence[Watched], *, columns_only: bool = False) -> Instrumented:
    """A traced copy; its conditions are in order of file, then of place."""
    template = _COLUMN if columns_only else _PLAIN
    changes: dict[str, str | None] = {}
    for file in {w.file for w in expressions}:
        tree = ast.parse(study.tree.files[file].text)
        wrapped = _Wrap({w.position for w in expressions if w.file == file}, template).visit(tree)
        changes[file] = ast.unparse(ast.fix_missing_locations(wrapped))
    bundle = study.store.derive(study.bundle, changes)
    return instrument(study.store, bundle, sorted(changes))


def watched_rates(
    study: Study, expressions: Sequence[Watched], markets: Mapping[str, Market], *, columns_only: bool = False
) -> dict[str, list[Rate | None]]:
    """For each market the rate of each expression: ``left`` samples its values. None where it was not evaluated, or the
    strategy came to no decision. ``columns_only``: single numbers are passed over, too; what is no number always is."""
    traced = watching(study, expressions, columns_only=columns_only)
    slots = _slots(traced, expressions)
    answers = study.traced(markets, instrumented=traced)
    found: dict[str, list[Rate | None]] = {}
    for symbol, answer in answers.items():
        rates = decode(answer.outcome.trace) if answer.decisions is not None else {}
        known = [rates.get(slot) if slot is not None else None for slot in slots]
        found[symbol] = [r if r is not None and r.evaluated else None for r in known]
    return found


def _slots(traced: Instrumented, expressions: Sequence[Watched]) -> list[int | None]:
    """The slots of the watched comparisons, told by the order in which they stand in each file."""
    slots: dict[tuple[str, int], int] = {}
    for file in {w.file for w in expressions}:
        mine = sorted(
            (c for c in traced.conditions if c.file == file and c.left == NAME), key=lambda c: c.node[:2]
        )
        order = sorted(
            (k for k, w in enumerate(expressions) if w.file == file),
            key=lambda k: _outside_in(expressions[k].position),
        )
        if len(mine) == len(order):
            slots |= {(file, k): c.slot for k, c in zip(order, mine, strict=True)}
    return [slots.get((w.file, k)) for k, w in enumerate(expressions)]


def _outside_in(place: Position) -> tuple[int, int, int, int]:
    """Where two expressions begin at the same place, the longer is the outer one."""
    return place[0], place[1], -place[2], -place[3]


class Finder(ast.NodeVisitor):
    """Walks a file with the qualified name of the function at hand in ``function``."""

    def __init__(self) -> None:
        self.names: list[str] = []

    @property
    def function(self) -> str:
        """As conditions name it."""
        return ".".join(self.names) or "<module>"

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A function's own name counts for what is inside."""
        self.names.append(node.name)
        self.generic_visit(node)
        self.names.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Classes are part of the path in tests, not of the tracer's function names."""
        self.generic_visit(node)


def named_values(study: Study) -> list[Watched]:
    """Every value that gets a name in the relevant files: assigned to it, handed over or stored under it as a key, or returned
    by a function of that name. Written constants are left out."""
    found: list[Watched] = []
    for file in study.own_files():
        reader = _Named(file.path, file.text)
        reader.visit(file.tree)
        found += reader.found
    return found


class _Named(Finder):
    def __init__(self, path: str, text: str) -> None:
        super().__init__()
        self.path, self.text = path, text
        self.found: list[Watched] = []
        self.seen: set[Position] = set()

    def _keep(self, name: str, node: ast.expr) -> None:
        node = node.body if isinstance(node, ast.Lambda) else node
        if isinstance(node, ast.Constant) or position(node) in self.seen:
            return
        self.seen.add(position(node))
        self.found.append(Watched(self.path, position(node), ast.unparse(node), self.function, name))

    def visit_Assign(self, node: ast.Assign) -> None:
        """``name = value`` and ``table["name"] = value``."""
        self._store(node.targets[0], node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """``name: float = value``."""
        if node.value is not None:
            self._store(node.target, node.value)
        self.generic_visit(node)

    def _store(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._keep(target.id, value)
        elif isinstance(target, ast.Attribute):
            self._keep(target.attr, value)
        elif isinstance(target, ast.Subscript):
            key = target.slice.elts[-1] if isinstance(target.slice, ast.Tuple) else target.slice
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                self._keep(key.value, value)
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for inner, part in zip(target.elts, value.elts, strict=False):
                self._store(inner, part)

    def visit_Dict(self, node: ast.Dict) -> None:
        """``{"name": value}``."""
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                self._keep(key.value, value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """``table.assign(name=value)``, ``Bar(name=value)``."""
        for keyword in node.keywords:
            if keyword.arg is not None:
                self._keep(keyword.arg, keyword.value)
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        """``return value`` names it by the function."""
        if node.value is not None and self.names:
            self._keep(self.names[-1], node.value)
        self.generic_visit(node)
