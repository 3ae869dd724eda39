"""What every static detector shares. A detector proposes suspects; only a probe convicts.

A suspect's ``details`` hold JSON values: ``node`` [line, column, end line, end column] (lines from 1, columns
from 0, in characters of UTF-8 as ``ast`` counts them), ``function`` (qualified name, "" at module level),
``expression`` (the normalised source that the id is made of), and what the category adds.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from tools.analysis.architecture.program import Function, FunctionNode
from tools.analysis.architecture.report import Architecture
from tools.analysis.source import SourceFile, SourceTree
from tools.contracts import Finding, Severity


@dataclass(frozen=True)
class Suspect:
    """A place that looks wrong. ``expression`` identifies it; "" = the node's own source."""

    file: SourceFile
    node: ast.AST
    function: str
    category: str
    severity: Severity
    summary: str
    details: dict[str, Any] = field(default_factory=dict)
    expression: str = ""


class Detect(Protocol):
    """A detector: one category, no side effects."""

    def __call__(self, code: Code) -> Iterable[Suspect]:
        """Propose suspects."""
        ...


class Code:
    """The system as detectors look at it: trees, architecture, parents, the functions around a node."""

    def __init__(self, tree: SourceTree, arch: Architecture) -> None:
        self.tree, self.arch = tree, arch
        self.flow, self.program = arch.flow, arch.program

    def relevant(self) -> Iterator[SourceFile]:
        """Files that the strategy depends on."""
        return (file for file in self.tree.product() if file.path in self.arch.relevant)

    def functions(self) -> Iterator[Function]:
        """Functions of the relevant files."""
        return (
            f for f in self.program.functions() if f.file.path in self.arch.relevant and not f.file.is_test
        )

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Parent of every node of the product."""
        found: dict[ast.AST, ast.AST] = {}
        for file in self.tree.product():
            for node in ast.walk(file.tree):
                for child in ast.iter_child_nodes(node):
                    found[child] = node
        return found

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Parents from the inside out."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def statement(self, node: ast.AST) -> ast.AST:
        """The statement that holds a node."""
        return next((n for n in (node, *self.ancestors(node)) if isinstance(n, ast.stmt)), node)

    def function_of(self, node: ast.AST) -> str:
        """Qualified name of the function around a node."""
        kinds = (ast.ClassDef, *FunctionNode.__args__)
        names = [n.name for n in self.ancestors(node) if isinstance(n, kinds)]
        return ".".join(reversed(names))

    def local(self, node: ast.expr, hops: int = 3) -> ast.expr:
        """The expression behind a name that its function assigns once, else the node itself."""
        if not isinstance(node, ast.Name) or not hops:
            return node
        scope = next((n for n in self.ancestors(node) if isinstance(n, FunctionNode)), None)
        if scope is None:
            return node
        stores = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == node.id]
        written = [n for n in stores if isinstance(n.ctx, ast.Store)]
        holder = self.parents.get(written[0]) if len(written) == 1 else None
        if isinstance(holder, ast.Assign) and holder.targets[0] is written[0]:
            return self.local(holder.value, hops - 1)
        return node

    def reaches(self, node: ast.AST, file: SourceFile) -> list[str]:
        """Decisions whose way leads through a comparison at this node."""
        place = (file.path, getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
        names = {d.name for d in self.flow.decisions for g in d.value.gates if g[:3] == place}
        return sorted(names)


def span(node: ast.AST) -> list[int]:
    """Where a node stands: line, column, end line, end column."""
    names = ("lineno", "col_offset", "end_lineno", "end_col_offset")
    return [int(getattr(node, name, 0) or 0) for name in names]


def suspect_id(category: str, file: str, expression: str) -> str:
    """A short id that does not move with unrelated lines (the same formula as a probe's finding)."""
    return hashlib.sha256(f"{category}|{file}|{expression}".encode()).hexdigest()[:10]


def to_findings(suspects: Iterable[Suspect]) -> tuple[Finding, ...]:
    """Findings in order of file and line; an expression that occurs again in a file is numbered."""
    seen: dict[tuple[str, str, str], int] = {}
    places: set[tuple[str, str, tuple[int, ...]]] = set()
    found: list[Finding] = []
    for item in sorted(suspects, key=lambda s: (s.file.path, span(s.node), s.category)):
        place = (item.category, item.file.path, tuple(span(item.node)))
        if place in places:
            continue
        places.add(place)
        text = item.expression or item.file.segment(item.node)
        key = (item.category, item.file.path, text)
        seen[key] = seen.get(key, 0) + 1
        unique = text if seen[key] == 1 else f"{text} #{seen[key]}"
        found.append(_finding(item, unique))
    return tuple(found)


def _finding(item: Suspect, expression: str) -> Finding:
    place = span(item.node)
    common = {"node": place, "function": item.function, "expression": expression}
    return Finding(
        suspect_id(item.category, item.file.path, expression),
        item.category,
        item.severity,
        item.file.path,
        place[0] or 1,
        item.summary,
        details=common | item.details,
    )
