"""Reading expressions: units, sources and shapes of names, attributes, subscripts and operators."""

from __future__ import annotations

import ast
from dataclasses import replace

from tools.analysis.architecture.columns import DECISIONS, RUNNING_TOTALS, column_unit, is_market_column
from tools.analysis.architecture.machine import Frame, Machine, combine, literal
from tools.analysis.architecture.program import Class, Field
from tools.analysis.architecture.syntax import (
    ahead,
    container,
    fold,
    inner_default,
    integer,
    is_property,
    iterated,
    negative,
    string_keys,
)
from tools.analysis.architecture.values import (
    DIMENSIONLESS,
    RATIO,
    UNKNOWN,
    Constant,
    Origin,
    Shape,
    Value,
    add,
    join,
    multiply,
    power,
)
from tools.analysis.source import SourceFile

SYMBOLS: dict[type[ast.cmpop], str] = {
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
#: Attributes that hand the same data on.
SAME = frozenset(["values", "array", "T", "iat", "at", "str", "dt", "cat", "mT", "data", "flat"])
INDEXERS = frozenset(["iloc", "loc", "iat", "at"])
NOT_DATA = frozenset(["shape", "size", "index", "columns", "dtype", "ndim", "empty", "name"])


class Expressions(Machine):
    """Evaluation of every expression node but calls."""

    def evaluate(self, frame: Frame, node: ast.expr) -> Value:
        self.steps += 1
        handler = getattr(self, "_on_" + type(node).__name__.lower(), None)
        value: Value = handler(frame, node) if handler is not None else self._children(frame, node)
        if self.recording and not isinstance(node, ast.Constant):
            self.record(frame, node, value)
        return value

    def _children(self, frame: Frame, node: ast.AST) -> Value:
        """A node without a meaning of its own: only the sources of its parts."""
        value = UNKNOWN
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                value = combine(value, self.evaluate(frame, child))
            elif isinstance(child, ast.comprehension | ast.keyword):
                value = combine(value, self._children(frame, child))
        return value

    def _on_constant(self, frame: Frame, node: ast.Constant) -> Value:
        if isinstance(node.value, bool):
            return DIMENSIONLESS
        if isinstance(node.value, int | float):
            return literal(frame, node, float(node.value))
        return UNKNOWN

    def _on_call(self, frame: Frame, node: ast.Call) -> Value:
        return self.call(frame, node)

    def _on_name(self, frame: Frame, node: ast.Name) -> Value:
        if node.id in frame.names:
            return frame.names[node.id]
        found = self.program.resolve(frame.file, node.id)
        if isinstance(found, tuple):
            return self.module_constant(found[0], node.id, found[1])
        return UNKNOWN

    def module_constant(self, file: SourceFile, name: str, node: ast.expr) -> Value:
        """A module-level name's value; numbers become named constants."""
        key = (file.path, name)
        if key not in self.constants:
            self.constants[key] = UNKNOWN  # a name defined by itself
            value = self.evaluate(Frame(file, None), node)
            if value.constant is not None:
                kind = value.constant.kind if value.constant.kind == "table" else "module"
                place = Constant(value.constant.value, kind, name, file.path, node.lineno)
                value = replace(value, constant=place)
            self.constants[key] = value
        return self.constants[key]

    def _on_attribute(self, frame: Frame, node: ast.Attribute) -> Value:
        found = self.program.dotted(frame.file, node)
        if isinstance(found, tuple):
            return self.module_constant(found[0], node.attr, found[1])
        if isinstance(found, str) and not isinstance(self.program.tree.by_module(found), SourceFile):
            return UNKNOWN
        base = self.evaluate(frame, node.value)
        if node.attr in SAME or node.attr in INDEXERS:
            return base
        owned = self._owned(frame, node, base)
        if owned is not None:
            return owned
        if node.attr in NOT_DATA:
            return Value(RATIO, base.origins, base.gates)
        return self._field_or_column(frame, node, base)

    def _owned(self, frame: Frame, node: ast.Attribute, base: Value) -> Value | None:
        """An attribute of an instance whose class is known."""
        owner = base.owner
        if not owner:
            return None
        declared = self.program.field_of(owner, node.attr)
        stored = self.attributes.get((owner, node.attr))
        if declared is not None and declared[0].settings:
            return self._setting(frame, node, *declared)
        if declared is not None and declared[1].default is not None:
            value = self._default(frame, node, *declared)
            return join(value, stored) if stored is not None else value
        method = self.program.method(owner, node.attr)
        if stored is None and method is not None and is_property(method.node):
            self.called.add(method.key)
            return self.invoke(method, {"self": base})
        return stored

    def _field_or_column(self, frame: Frame, node: ast.Attribute, base: Value) -> Value:
        """An attribute of something unknown: a setting's name, a column, or a remembered attribute."""
        known = self.program.settings_fields.get(node.attr)
        market = is_market_column(node.attr, self.columns)
        if known and not (market and base.shape is Shape.SERIES):
            return self._setting(frame, node, *known[0])
        stored = self.attributes.get(("", node.attr)) or self.recall(frame, node.attr)
        if stored is not None:
            return stored.tainted(base)
        if market and not base.owner:
            return self.column(frame, node, node.attr)
        return Value(None, base.origins, base.gates, shape=base.shape, pending=base.pending)

    def _setting(self, frame: Frame, node: ast.expr, owner: Class, item: Field) -> Value:
        """A configuration field: its default is the constant, the read is an origin."""
        origin = self.origin(frame, "setting", item.name, node)
        value = self._default(frame, node, owner, item)
        return replace(value, origins=value.origins | {origin}, shape=Shape.SCALAR)

    def _default(self, frame: Frame, node: ast.expr, owner: Class, item: Field) -> Value:
        """The declared default of a class attribute, read in the place where it is declared."""
        if item.default is None:
            return UNKNOWN
        value = self.evaluate(Frame(owner.file, None), inner_default(item.default))
        if value.constant is None:
            return value
        kind = "table" if value.constant.kind == "table" else ("setting" if owner.settings else "field")
        place = Constant(value.constant.value, kind, item.name, owner.file.path, item.line)
        return replace(value, constant=place)

    def column(self, frame: Frame, node: ast.AST, name: str) -> Value:
        """A market column read here."""
        origin: Origin = self.origin(frame, "column", name, node)
        origins = {origin}
        if name.lower().split("_")[-1] in RUNNING_TOTALS:
            origins.add(self.origin(frame, "cumulated", name, node))
        return Value(column_unit(name), frozenset(origins), shape=Shape.SERIES)

    def _on_subscript(self, frame: Frame, node: ast.Subscript) -> Value:
        base = self.evaluate(frame, node.value)
        keys = string_keys(node.slice)
        if len(keys) == 1 and (not base.items):
            return self.by_key(frame, node, base, keys[0])
        if len(keys) > 1:
            values = [self.by_key(frame, node, base, key) for key in keys]
            return container(values)
        number = integer(node.slice)
        if base.items and number is not None and -len(base.items) <= number < len(base.items):
            return base.items[number]
        return self._element(frame, node, base)

    def by_key(self, frame: Frame, node: ast.expr, base: Value, key: str) -> Value:
        """A table's or mapping's entry: what the program stored under the key, a setting, or a market column."""
        if base.constant is not None and base.constant.kind == "table":
            return base
        stored = self.recall(frame, key)
        column = self.column(frame, node, key) if is_market_column(key, self.columns) else None
        if column is not None:
            whole = Shape.SERIES if base.shape is Shape.UNKNOWN else base.shape
            column = replace(column, shape=whole, origins=column.origins | base.origins)
        if stored is not None and column is not None:
            return join(replace(column, unit=stored.unit or column.unit), stored).tainted(base)
        if stored is not None:
            return stored.tainted(base)
        if column is not None:
            return column
        known = self.program.settings_fields.get(key)
        if known:
            return self._setting(frame, node, *known[0])
        return Value(None, base.origins, base.gates, shape=base.shape, pending=base.pending)

    def _element(self, frame: Frame, node: ast.Subscript, base: Value) -> Value:
        """A positional element, a slice or a mask."""
        index = node.slice
        value = replace(base, items=())
        if isinstance(index, ast.Slice):
            return self._slice(frame, node, value, index)
        key = self.evaluate(frame, index)
        if base.constant is not None and base.constant.kind != "table":
            return base
        value = value.tainted(Value(None, frozenset(), key.gates)) if key.shape is Shape.SERIES else value
        if negative(index) and base.shape in (Shape.SERIES, Shape.COARSE):
            last = self.peek(frame, "last", node)
            return replace(value, shape=Shape.AGGREGATE, pending=value.pending | {last})
        if ahead(index):
            value = value.peeking(self.peek(frame, "next_index", node))
        scalar = base.shape in (Shape.SERIES, Shape.COARSE) and key.shape is not Shape.SERIES
        if scalar and not isinstance(index, ast.Tuple):
            return replace(value, shape=Shape.SCALAR)
        return value

    def _slice(self, frame: Frame, node: ast.Subscript, value: Value, index: ast.Slice) -> Value:
        step = index.step
        if step is not None and negative(step) and index.lower is None and index.upper is None:
            if value.shape is Shape.REVERSED:
                return replace(value, shape=Shape.SERIES, pending=frozenset())
            turned = self.peek(frame, "reversed", node)
            return replace(value, shape=Shape.REVERSED, pending=frozenset({turned}))
        for part in (index.lower, index.upper):
            if part is not None:
                self.evaluate(frame, part)
        if (
            index.upper is not None
            and ahead(index.upper, 2)
            and isinstance(index.lower, ast.BinOp | ast.Call)
        ):
            value = value.peeking(self.peek(frame, "next_index", node))
        whole = index.lower is None and index.upper is None
        if value.shape in (Shape.SERIES, Shape.COARSE) and not whole:
            return replace(value, shape=Shape.SLICE)
        return value

    def _on_binop(self, frame: Frame, node: ast.BinOp) -> Value:
        left, right = self.evaluate(frame, node.left), self.evaluate(frame, node.right)
        if isinstance(node.op, ast.Div | ast.FloorDiv):
            self.sensitive(frame, "division", node, left, right)
        if isinstance(node.op, ast.Add | ast.Sub):
            self.offset(frame, node, left, right)
        if isinstance(node.op, ast.Sub) and left.anchors and right.anchors:
            left, right = left.settled(), right.settled()
        return self.binary(node.op, left, right)

    def offset(self, frame: Frame, node: ast.BinOp, left: Value, right: Value) -> None:
        """A constant added to a scaled quantity is a limit like any other (``volume - 250_000``)."""
        pair = (node.left, left), (node.right, right)
        if (left.constant is None) != (right.constant is None):
            self.limited(frame, node, "offset", *pair)

    def binary(self, op: ast.operator, left: Value, right: Value) -> Value:
        """An arithmetic or bitwise operator on two values."""
        both = combine(left, right)
        if left.constant is not None and right.constant is not None:
            return replace(both, unit=RATIO, constant=fold(op, left.constant, right.constant))
        if isinstance(op, ast.Mult):
            if left.constant is not None:
                left, right = right, left
            return replace(both, unit=multiply(left, right, 1))
        if isinstance(op, ast.Div | ast.FloorDiv):
            return replace(both, unit=multiply(left, right, -1))
        if isinstance(op, ast.Add | ast.Sub):
            return replace(both, unit=add(left, right, isinstance(op, ast.Sub)))
        if isinstance(op, ast.BitAnd | ast.BitOr | ast.BitXor):
            return replace(both, unit=RATIO)
        if isinstance(op, ast.Pow):
            return replace(both, unit=power(left.unit, right.constant.value if right.constant else None))
        return replace(both, unit=left.unit if isinstance(op, ast.Mod) else None)

    def _on_unaryop(self, frame: Frame, node: ast.UnaryOp) -> Value:
        value = self.evaluate(frame, node.operand)
        if isinstance(node.op, ast.Not):
            return value.of(RATIO)
        if isinstance(node.op, ast.USub) and value.constant is not None and value.constant.value is not None:
            return replace(value, constant=value.constant._replace(value=-value.constant.value))
        return value

    def _on_boolop(self, frame: Frame, node: ast.BoolOp) -> Value:
        return replace(container([self.evaluate(frame, item) for item in node.values]), unit=RATIO)

    def _on_compare(self, frame: Frame, node: ast.Compare) -> Value:
        nodes = [node.left, *node.comparators]
        values = [self.evaluate(frame, item) for item in nodes]
        result = UNKNOWN
        for i, op in enumerate(node.ops):
            pair = (nodes[i], values[i]), (nodes[i + 1], values[i + 1])
            symbol = SYMBOLS.get(type(op))
            if symbol is None:
                result = combine(result, combine(values[i], values[i + 1]))
            else:
                result = combine(result, self.compared(frame, node, symbol, *pair))
        return replace(result, unit=RATIO)

    def _on_ifexp(self, frame: Frame, node: ast.IfExp) -> Value:
        test = self.evaluate(frame, node.test)
        value = join(self.evaluate(frame, node.body), self.evaluate(frame, node.orelse))
        return value.tainted(test)

    def _on_tuple(self, frame: Frame, node: ast.Tuple | ast.List) -> Value:
        items = [self.evaluate(frame, item) for item in node.elts]
        return replace(container(items), items=tuple(items))

    _on_list = _on_tuple

    def _on_dict(self, frame: Frame, node: ast.Dict) -> Value:
        """String keys become remembered columns; a mapping of numbers is a table of constants."""
        values = [self.evaluate(frame, item) for item in node.values]
        for key, value in zip(node.keys, values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                self.keyed_write(frame, key.value, node, value)
        numbers = [value.constant for value in values if value.constant is not None]
        if values and len(numbers) == len(values):
            largest = max((item.value or 0.0 for item in numbers), default=0.0)
            table = Constant(largest, "table", "", frame.file.path, node.lineno)
            return Value(RATIO, constant=table)
        return replace(container(values), unit=None, constant=None)

    def keyed_write(self, frame: Frame, key: str, node: ast.AST, value: Value) -> None:
        """A value stored under a string: a column of the program's own, perhaps a decision."""
        if key in DECISIONS:
            self.decide(frame, key, node, value)
        if value != UNKNOWN:
            self.remember(frame, key, value.tainted(frame.control))

    def _on_namedexpr(self, frame: Frame, node: ast.NamedExpr) -> Value:
        value = self.evaluate(frame, node.value)
        self.store(frame, node.target, value)
        return value

    def _on_lambda(self, frame: Frame, node: ast.Lambda) -> Value:
        names = frame.names | {arg.arg: UNKNOWN for arg in node.args.args}
        return self.evaluate(replace(frame, names=names), node.body)

    def _on_listcomp(self, frame: Frame, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> Value:
        inner = self._comprehension(frame, node.generators)
        return replace(self.evaluate(inner, node.elt).tainted(inner.control), items=())

    _on_generatorexp = _on_setcomp = _on_listcomp

    def _on_dictcomp(self, frame: Frame, node: ast.DictComp) -> Value:
        inner = self._comprehension(frame, node.generators)
        self.evaluate(inner, node.key)
        return replace(self.evaluate(inner, node.value), items=())

    def _comprehension(self, frame: Frame, generators: list[ast.comprehension]) -> Frame:
        """A frame in which the loop variables are bound and the filters are control."""
        inner = replace(frame, names=dict(frame.names))
        for generator in generators:
            source = self.evaluate(inner, generator.iter)
            self.store(inner, generator.target, iterated(source))
            for test in generator.ifs:
                inner.control = inner.control.tainted(self.evaluate(inner, test))
        return inner
