"""Rewrite a bundle so that every condition on the way to an order reports its outcomes.

The rewritten source calls names that the sandbox's tracer puts into builtins, so no import is added and a
file keeps its lines. Compiled functions (numba), type annotations, f-strings and ``__main__`` blocks stay as
they are; ``Instrumented.unseen`` says where something was passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

from tools.analysis.silence.nodes import (
    COMPARISONS,
    code,
    comparing,
    judging,
    queried,
    stepped,
    tested,
    traced_call,
    unseen,
)
from tools.contracts import MendelError
from tools.system.bundles import BundleStore


class InstrumentError(MendelError):
    """The source could not be rewritten."""


@dataclass(frozen=True)
class Condition:
    """One place where the code decides. ``kind``: compare (two sides), combine (of others), test (an ``if``
    on something else). ``parents`` are the slots that contain it, innermost first. ``node`` is (line, column, end line,
    end column) as libcst counts: lines from 1, columns from 0."""

    slot: int
    file: str
    line: int
    text: str
    kind: str
    op: str
    left: str
    right: str
    function: str
    loop: bool
    node: tuple[int, int, int, int]
    parents: tuple[int, ...] = ()


@dataclass(frozen=True)
class Instrumented:
    """A rewritten bundle and the table of its conditions, by slot."""

    bundle: str
    base: str
    conditions: tuple[Condition, ...]
    #: (file, line, why): code that decides and could not be traced.
    unseen: tuple[tuple[str, int, str], ...] = ()


class _Rewriter(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider, ParentNodeProvider)

    def __init__(self, file: str, first_slot: int) -> None:
        super().__init__()
        self.file, self.first = file, first_slot
        self.conditions: list[Condition] = []
        self._open: list[int] = []  # slots of the conditions that we are inside of
        self._slots: dict[cst.CSTNode, int] = {}
        self._tests: set[cst.CSTNode] = set()
        self.unseen: list[tuple[str, int, str]] = []
        self._functions: list[str] = []
        self._loops = [0]
        self._next = first_slot

    # -- what is left alone -------------------------------------------------------------------------
    def visit_Annotation(self, node: cst.Annotation) -> bool:
        return False

    def visit_FormattedString(self, node: cst.FormattedString) -> bool:
        return False

    def visit_Decorator(self, node: cst.Decorator) -> bool:
        return False

    def visit_Assert(self, node: cst.Assert) -> bool:
        return False

    def visit_If(self, node: cst.If) -> bool:
        if code(node.test).replace("'", '"') == '__name__ == "__main__"':
            return False
        self._enter_test(node.test)
        return True

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self._functions.append(node.name.value)
        self._loops.append(0)
        compiled = any("jit" in code(d) for d in node.decorators)
        if compiled:
            self._miss(node, f"{node.name.value}() is compiled")
        return not compiled

    def _miss(self, node: cst.CSTNode, why: str) -> None:
        self.unseen.append((self.file, self.get_metadata(PositionProvider, node).start.line, why))

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        self._functions.pop()
        self._loops.pop()
        return updated_node

    def visit_For(self, node: cst.For) -> None:
        self._loops[-1] += 1

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:
        self._loops[-1] -= 1
        if original_node.asynchronous is not None:
            return updated_node
        return updated_node.with_changes(iter=stepped(updated_node.iter))

    def leave_CompFor(self, original_node: cst.CompFor, updated_node: cst.CompFor) -> cst.CompFor:
        if original_node.asynchronous is not None:
            return updated_node
        return updated_node.with_changes(iter=stepped(updated_node.iter))

    def leave_While(self, original_node: cst.While, updated_node: cst.While) -> cst.While:
        self._loops[-1] -= 1
        return updated_node

    # -- conditions ---------------------------------------------------------------------------------
    def _enter(self, node: cst.CSTNode, kind: str, op: str, left: str = "", right: str = "") -> None:
        where = self.get_metadata(PositionProvider, node)
        span = (where.start.line, where.start.column, where.end.line, where.end.column)
        slot, self._next = self._next, self._next + 1
        function = ".".join(self._functions) or "<module>"
        parents = tuple(reversed(self._open))
        loop = self._loops[-1] > 0
        text = code(node)
        found = Condition(
            slot, self.file, span[0], text, kind, op, left, right, function, loop, span, parents
        )
        self.conditions.append(found)
        self._slots[node] = slot
        self._open.append(slot)

    def _leave(
        self, original: cst.BaseExpression, call: cst.BaseExpression | None, updated: cst.BaseExpression
    ) -> cst.BaseExpression:
        slot = self._slots.pop(original, None)
        if slot is None:
            return updated
        self._open.remove(slot)
        return updated if call is None else call

    def _enter_test(self, test: cst.BaseExpression) -> None:
        self._tests.update(tested(test))

    def on_visit(self, node: cst.CSTNode) -> bool:
        """A part of a test is opened before what is inside of it."""
        if node in self._tests:
            self._enter(node, "test", "")
        return super().on_visit(node)

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        """A part of a test is replaced after what is inside of it."""
        changed: Any = super().on_leave(original_node, updated_node)
        if original_node not in self._tests:
            return changed
        return self._leave(original_node, traced_call("test", self._slots[original_node], changed), changed)

    def visit_IfExp(self, node: cst.IfExp) -> None:
        self._enter_test(node.test)

    def visit_CompIf(self, node: cst.CompIf) -> None:
        self._enter_test(node.test)

    def visit_While(self, node: cst.While) -> None:
        self._loops[-1] += 1
        self._enter_test(node.test)

    def visit_Comparison(self, node: cst.Comparison) -> None:
        target = node.comparisons[0]
        op = COMPARISONS.get(type(target.operator)) if len(node.comparisons) == 1 else None
        if op is not None:
            self._enter(node, "compare", op, code(node.left), code(target.comparator))
        elif all(type(c.operator) in COMPARISONS for c in node.comparisons):
            self._enter(node, "combine", "chain")

    def leave_Comparison(
        self, original_node: cst.Comparison, updated_node: cst.Comparison
    ) -> cst.BaseExpression:
        slot = self._slots.get(original_node)
        if slot is None:
            return updated_node
        target = updated_node.comparisons[0]
        if len(updated_node.comparisons) > 1:
            return self._leave(original_node, traced_call("gate", slot, updated_node), updated_node)
        op = cst.SimpleString(f'"{COMPARISONS[type(target.operator)]}"')
        call = traced_call("compare", slot, op, updated_node.left, target.comparator)
        return self._leave(original_node, call, updated_node)

    def visit_Call(self, node: cst.Call) -> None:
        found, judged = comparing(node), judging(node)
        if (why := unseen(node)) is not None:
            self._miss(node, why)
        if queried(node) is not None:
            self._enter(node, "test", "query")
        elif judged is not None:
            self._enter(node, "combine" if judged else "test", judged)
        if found is None:
            return
        style, op = found
        left = (
            node.func.value
            if style == "method" and isinstance(node.func, cst.Attribute)
            else node.args[0].value
        )
        right = node.args[-1].value
        self._enter(node, "compare", op, code(left), code(right))

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        found, slot = comparing(original_node), self._slots.get(original_node)
        if slot is None or original_node in self._tests or not isinstance(updated_node.func, cst.Attribute):
            return updated_node
        if queried(original_node) is not None:
            call = traced_call("query", slot, updated_node.func.value, updated_node.args[0].value)
            return self._leave(original_node, call, updated_node)
        if found is None:
            return self._leave(original_node, traced_call("vector", slot, updated_node), updated_node)
        if found[0] == "method":
            name = cst.SimpleString(f'"{updated_node.func.attr.value}"')
            call = traced_call("method", slot, name, updated_node.func.value, updated_node.args[0].value)
        else:
            call = traced_call("function", slot, updated_node.func, *[a.value for a in updated_node.args])
        return self._leave(original_node, call, updated_node)

    def visit_BooleanOperation(self, node: cst.BooleanOperation) -> None:
        self._enter(node, "combine", "and" if isinstance(node.operator, cst.And) else "or")

    def leave_BooleanOperation(
        self, original_node: cst.BooleanOperation, updated_node: cst.BooleanOperation
    ) -> cst.BaseExpression:
        return self._leave(
            original_node, traced_call("gate", self._slots[original_node], updated_node), updated_node
        )

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
        if isinstance(node.operator, (cst.BitAnd, cst.BitOr)):
            self._enter(node, "combine", "and" if isinstance(node.operator, cst.BitAnd) else "or")

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BaseExpression:
        slot = self._slots.get(original_node)
        return self._leave(
            original_node, None if slot is None else traced_call("gate", slot, updated_node), updated_node
        )


def instrument_source(source: str, file: str, first_slot: int) -> tuple[str, list[Condition]]:
    """The rewritten text and its conditions. Raises InstrumentError for text that does not parse."""
    text, rewriter = _rewritten(source, file, first_slot)
    return text, rewriter.conditions


def _rewritten(source: str, file: str, first_slot: int) -> tuple[str, _Rewriter]:
    try:
        wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    except (cst.ParserSyntaxError, RecursionError) as error:
        raise InstrumentError(f"{file}: cannot be parsed: {str(error).splitlines()[0]}") from error
    rewriter = _Rewriter(file, first_slot)
    return wrapper.visit(rewriter).code, rewriter


def instrument(store: BundleStore, bundle: str, files: Iterable[str]) -> Instrumented:
    """A bundle derived from ``bundle`` in which the conditions of ``files`` are traced."""
    changes: dict[str, str | None] = {}
    conditions: list[Condition] = []
    missed: list[tuple[str, int, str]] = []
    for file in sorted(files):
        text, found = _rewritten(store.read(bundle, file), file, len(conditions))
        missed += found.unseen
        if found.conditions:
            changes[file] = text
            conditions += found.conditions
    return Instrumented(store.derive(bundle, changes), bundle, tuple(conditions), tuple(missed))


def leaves(conditions: Sequence[Condition]) -> list[Condition]:
    """Those that do not merely combine others; ``a < x < b`` is one."""
    return [c for c in conditions if c.kind != "combine" or c.op == "chain"]
