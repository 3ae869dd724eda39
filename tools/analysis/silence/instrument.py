"""Rewrite a bundle so that every condition on the way to an order reports its outcomes.

The rewritten source calls names that the sandbox's tracer puts into builtins, so no import is added and a
file keeps its lines. Compiled functions (numba), type annotations, f-strings and ``__main__`` blocks stay as
they are. Not seen: conditions inside strings (``DataFrame.query``, ``eval``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

from tools.contracts import MendelError
from tools.system.bundles import BundleStore

COMPARISONS: dict[type[cst.BaseCompOp], str] = {
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.Equal: "==",
    cst.NotEqual: "!=",
}
METHODS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}
FUNCTIONS = {"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<="}
NUMPY_NAMES = {"np", "numpy"}


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


def _code(node: cst.CSTNode) -> str:
    return " ".join(cst.Module([]).code_for_node(node).split())


class _Rewriter(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider, ParentNodeProvider)

    def __init__(self, file: str, first_slot: int) -> None:
        super().__init__()
        self.file, self.first = file, first_slot
        self.conditions: list[Condition] = []
        self._open: list[int] = []  # slots of the conditions that we are inside of
        self._slots: dict[cst.CSTNode, int] = {}
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
        if _code(node.test).replace("'", '"') == '__name__ == "__main__"':
            return False
        self._enter_test(node.test)
        return True

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self._functions.append(node.name.value)
        self._loops.append(0)
        return not any("jit" in _code(d) for d in node.decorators)

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
        return updated_node

    def visit_While(self, node: cst.While) -> None:
        self._loops[-1] += 1

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
        text = _code(node)
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
        known = (cst.Comparison, cst.BooleanOperation, cst.UnaryOperation, cst.BinaryOperation)
        if isinstance(test, (cst.Name, cst.Subscript, cst.Attribute, cst.Call)) and not isinstance(
            test, known
        ):
            if isinstance(test, cst.Call) and _method(test) is not None:
                return
            self._enter(test, "test", "")
            self._open.pop()

    def _wrap_test(self, original: cst.BaseExpression, updated: cst.BaseExpression) -> cst.BaseExpression:
        slot = self._slots.pop(original, None)
        return updated if slot is None else _call("test", slot, updated)

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.If:
        return updated_node.with_changes(test=self._wrap_test(original_node.test, updated_node.test))

    def visit_IfExp(self, node: cst.IfExp) -> None:
        self._enter_test(node.test)

    def leave_IfExp(self, original_node: cst.IfExp, updated_node: cst.IfExp) -> cst.IfExp:
        return updated_node.with_changes(test=self._wrap_test(original_node.test, updated_node.test))

    def visit_Comparison(self, node: cst.Comparison) -> None:
        target = node.comparisons[0]
        op = COMPARISONS.get(type(target.operator)) if len(node.comparisons) == 1 else None
        if op is not None:
            self._enter(node, "compare", op, _code(node.left), _code(target.comparator))
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
            return self._leave(original_node, _call("gate", slot, updated_node), updated_node)
        op = cst.SimpleString(f'"{COMPARISONS[type(target.operator)]}"')
        call = _call("compare", slot, op, updated_node.left, target.comparator)
        return self._leave(original_node, call, updated_node)

    def visit_Call(self, node: cst.Call) -> None:
        found = _method(node)
        if found is None:
            return
        style, op = found
        left = (
            node.func.value
            if style == "method" and isinstance(node.func, cst.Attribute)
            else node.args[0].value
        )
        right = node.args[-1].value
        self._enter(node, "compare", op, _code(left), _code(right))

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        found, slot = _method(original_node), self._slots.get(original_node)
        if slot is None or found is None or not isinstance(updated_node.func, cst.Attribute):
            return updated_node
        if found[0] == "method":
            name = cst.SimpleString(f'"{updated_node.func.attr.value}"')
            call = _call("method", slot, name, updated_node.func.value, updated_node.args[0].value)
        else:
            call = _call("function", slot, updated_node.func, *[a.value for a in updated_node.args])
        return self._leave(original_node, call, updated_node)

    def visit_BooleanOperation(self, node: cst.BooleanOperation) -> None:
        self._enter(node, "combine", "and" if isinstance(node.operator, cst.And) else "or")

    def leave_BooleanOperation(
        self, original_node: cst.BooleanOperation, updated_node: cst.BooleanOperation
    ) -> cst.BaseExpression:
        return self._leave(
            original_node, _call("gate", self._slots[original_node], updated_node), updated_node
        )

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
        if isinstance(node.operator, (cst.BitAnd, cst.BitOr)):
            self._enter(node, "combine", "and" if isinstance(node.operator, cst.BitAnd) else "or")

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BaseExpression:
        slot = self._slots.get(original_node)
        return self._leave(
            original_node, None if slot is None else _call("gate", slot, updated_node), updated_node
        )


def _method(node: cst.Call) -> tuple[str, str] | None:
    """("method", ">") for ``x.gt(y)``, ("function", ">") for ``np.greater(x, y)``."""
    if not isinstance(node.func, cst.Attribute) or any(a.keyword or a.star for a in node.args):
        return None
    name, owner = node.func.attr.value, node.func.value
    if isinstance(owner, cst.Name) and owner.value in NUMPY_NAMES:
        return ("function", FUNCTIONS[name]) if name in FUNCTIONS and len(node.args) == 2 else None
    return ("method", METHODS[name]) if name in METHODS and len(node.args) == 1 else None


def _call(name: str, slot: int, *values: cst.BaseExpression) -> cst.Call:
    arguments = [cst.Arg(cst.Integer(str(slot))), *[cst.Arg(value) for value in values]]
    return cst.Call(cst.Name(f"_mendel_{name}"), arguments)


def instrument_source(source: str, file: str, first_slot: int) -> tuple[str, list[Condition]]:
    """The rewritten text and its conditions. Raises InstrumentError for text that does not parse."""
    try:
        wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    except (cst.ParserSyntaxError, RecursionError) as error:
        raise InstrumentError(f"{file}: cannot be parsed: {str(error).splitlines()[0]}") from error
    rewriter = _Rewriter(file, first_slot)
    rewritten = wrapper.visit(rewriter)
    return rewritten.code, rewriter.conditions


def instrument(store: BundleStore, bundle: str, files: Iterable[str]) -> Instrumented:
    """A bundle derived from ``bundle`` in which the conditions of ``files`` are traced."""
    changes: dict[str, str | None] = {}
    conditions: list[Condition] = []
    for file in sorted(files):
        text, found = instrument_source(store.read(bundle, file), file, len(conditions))
        if found:
            changes[file] = text
            conditions += found
    return Instrumented(store.derive(bundle, changes), bundle, tuple(conditions))


def leaves(conditions: Sequence[Condition]) -> list[Condition]:
    """Those that do not merely combine others."""
    return [c for c in conditions if c.kind != "combine"]
