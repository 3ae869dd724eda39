"""Edits of one file, collected first and made in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

from tools.evolution.codemods.base import RepairError
from tools.evolution.codemods.scale_free.helpers import add_helpers

Edit = Callable[[cst.CSTNode], cst.CSTNode]
Node = TypeVar("Node", bound=cst.CSTNode)
LOOPS = (cst.For, cst.While, cst.GeneratorExp, cst.ListComp, cst.SetComp, cst.DictComp, cst.Lambda)


class FileEdit:
    """``source`` with room for edits by node. Raises RepairError where it does not parse."""

    def __init__(self, file: str, source: str) -> None:
        self.file = file
        try:
            self.wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
        except (cst.ParserSyntaxError, RecursionError) as error:
            raise RepairError(f"{file}: cannot be parsed") from error
        self.positions = self.wrapper.resolve(PositionProvider)
        self.parents = self.wrapper.resolve(ParentNodeProvider)
        self.edits: dict[cst.CSTNode, Edit] = {}
        self.before: dict[cst.CSTNode, list[str]] = {}
        self.removed: set[cst.CSTNode] = set()
        self.needs: set[str] = set()
        self._named: dict[tuple[cst.CSTNode, str], str] = {}

    def node_at(self, span: tuple[int, int, int, int], text: str) -> cst.CSTNode:
        """The condition at a span. Raises RepairError when the file has changed since."""
        for node, where in self.positions.items():
            found = (where.start.line, where.start.column, where.end.line, where.end.column)
            if found == span and isinstance(node, (cst.Comparison, cst.Call)):
                return node
        raise RepairError(f"{self.file}:{span[0]}: `{text}` is not there any more")

    def line(self, node: cst.CSTNode) -> int:
        """Its first line, from 1."""
        return int(self.positions[node].start.line)

    def ancestors(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        """Innermost first, the module last."""
        chain = []
        while (node := self.parents.get(node)) is not None:  # type: ignore[assignment]
            chain.append(node)
        return chain

    def function_of(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The innermost named function around a node."""
        return next((n for n in self.ancestors(node) if isinstance(n, cst.FunctionDef)), None)

    def repeated_statement(self, node: cst.CSTNode) -> cst.BaseStatement | None:
        """The outermost statement of the node's function that runs the node again and again (a loop, or a
        statement with a comprehension or lambda around it). None when it runs once a call."""
        within: list[cst.CSTNode] = []
        for parent in self.ancestors(node):
            if isinstance(parent, cst.FunctionDef):
                break
            within.append(parent)
        loops = [n for n in within if isinstance(n, LOOPS)]
        if not loops:
            return None
        around = within[within.index(loops[-1]) :]
        return next(
            (n for n in around if isinstance(n, (cst.BaseCompoundStatement, cst.SimpleStatementLine))), None
        )

    def plain_statement(self, node: cst.CSTNode) -> cst.SimpleStatementLine | None:
        """The simple statement around a node that can be given a line before it: it stands in a function's block and
        nothing in between runs later, again or only perhaps."""
        for parent in self.ancestors(node):
            if isinstance(parent, (*LOOPS, cst.IfExp, cst.BooleanOperation)):
                return None
            if isinstance(parent, cst.SimpleStatementLine):
                inside = (
                    isinstance(self.parents[parent], cst.IndentedBlock)
                    and self.function_of(parent) is not None
                )
                return parent if inside else None
        return None

    def guarded_statement(self, node: cst.CSTNode, names: set[str]) -> cst.SimpleStatementLine | None:
        """The simple statement around a node that is only reached when others hold (``a and b``), provided that none of
        these others speaks of ``names``. None where nothing guards it, or where it cannot be taken out."""
        guards: list[cst.CSTNode] = []
        child = node
        for parent in self.ancestors(node):
            if isinstance(parent, (*LOOPS, cst.IfExp)):
                return None
            if isinstance(parent, cst.BooleanOperation) and child is parent.right:
                guards.append(parent.left)
            if isinstance(parent, cst.SimpleStatementLine):
                spoken = {n.value for g in guards for n in walk(g) if isinstance(n, cst.Name)}
                return parent if guards and not spoken & names else None
            child = parent
        return None

    def named_before(self, line: cst.SimpleStatementLine, value: str, wanted: str) -> str:
        """A name for ``value``, given in a line before ``line``; the one that an earlier line of the block gave it, where
        nothing in between assigns a name that ``value`` speaks of."""
        block = self.parents[line]
        for (earlier, text), name in self._named.items():
            if (
                text == value
                and self.parents[earlier] is block
                and self._unchanged(block, earlier, line, value)
            ):
                return name
        name = self.free_name(wanted)
        self.before.setdefault(line, []).append(f"{name} = {value}")
        self._named[(line, value)] = name
        return name

    def _unchanged(self, block: cst.CSTNode, first: cst.CSTNode, last: cst.CSTNode, value: str) -> bool:
        body = list(block.children)
        between = body[body.index(first) : body.index(last)] if first in body and last in body else body
        spoken = {n.value for n in walk(cst.parse_expression(value)) if isinstance(n, cst.Name)}
        kinds = (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.NamedExpr)
        targets = [t.target for s in between for t in walk(s) if isinstance(t, kinds)]
        rebound = {t.value for t in targets if isinstance(t, cst.Name)}
        return all(isinstance(s, cst.SimpleStatementLine) for s in between) and not rebound & spoken

    def free_name(self, wanted: str) -> str:
        """``wanted``, or with a number when the file uses that name already."""
        used = {n.value for n in self.positions if isinstance(n, cst.Name)}
        used |= {line.split(" = ")[0] for lines in self.before.values() for line in lines}
        names = [wanted, *[f"{wanted}_{k}" for k in range(2, 99)]]
        return next(n for n in names if n not in used)

    def result(self) -> str:
        """The new text."""
        module = self.wrapper.module.visit(_Apply(self))
        assert isinstance(module, cst.Module)
        return add_helpers(module, vector="vector" in self.needs, scalar="scalar" in self.needs).code


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and everything in it."""
    yield node
    for child in node.children:
        yield from walk(child)


class _Apply(cst.CSTTransformer):
    def __init__(self, plan: FileEdit) -> None:
        super().__init__()
        self.plan = plan

    def on_leave(
        self, original_node: Node, updated_node: Node
    ) -> Node | cst.RemovalSentinel | cst.FlattenSentinel[Node]:
        new = super().on_leave(original_node, updated_node)
        if original_node in self.plan.removed:
            return cst.RemoveFromParent()
        edit = self.plan.edits.get(original_node)
        if edit is not None:
            new = edit(new)  # type: ignore[arg-type,assignment]
        lines = self.plan.before.get(original_node)
        if lines:
            first = cst.parse_statement(lines[0]).with_changes(leading_lines=new.leading_lines)  # type: ignore[union-attr]
            rest = [cst.parse_statement(line) for line in lines[1:]]
            bare = new.with_changes(leading_lines=())  # type: ignore[union-attr]
            return cst.FlattenSentinel([first, *rest, bare])  # type: ignore[list-item]
        return new
