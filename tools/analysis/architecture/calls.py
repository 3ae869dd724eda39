"""Reading calls: into the program where its function is known, by the library tables where it is not."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from tools.analysis.architecture import library
from tools.analysis.architecture.columns import OTHER_DECISIONS, parameter_unit
from tools.analysis.architecture.expressions import Expressions, iterated
from tools.analysis.architecture.machine import (
    MAX_CALL_DEPTH,
    MAX_CONTEXTS,
    MAX_STEPS,
    Frame,
    Opaque,
    combine,
)
from tools.analysis.architecture.program import Class, Function
from tools.analysis.architecture.values import (
    RATIO,
    UNKNOWN,
    Constant,
    Shape,
    Unit,
    Value,
    join,
    power,
    same_unit,
)

OPERATOR_NODES: dict[str, ast.operator] = {"+": ast.Add(), "-": ast.Sub(), "*": ast.Mult(), "/": ast.Div()}


class Calls(Expressions):
    """Evaluation of calls."""

    def call(self, frame: Frame, node: ast.Call) -> Value:
        found = self.program.dotted(frame.file, node.func)
        if isinstance(node.func, ast.Name) and node.func.id in frame.names:
            found = None
        if isinstance(found, Class):
            return self._construct(frame, node, found)
        if isinstance(found, Function):
            return self._bound(frame, node, found, None)
        if isinstance(found, str):
            return self._external(frame, node, found)
        if isinstance(node.func, ast.Attribute):
            return self._method(frame, node, node.func)
        return self._builtin(frame, node)

    # ---- into the program -------------------------------------------------------------------------------

    def _bound(self, frame: Frame, node: ast.Call, function: Function, receiver: Value | None) -> Value:
        """Call a function of the program with this call's arguments."""
        names = [arg.arg for arg in function.parameters]
        given: dict[str, Value] = {}
        static = any(getattr(item, "id", "") == "staticmethod" for item in function.node.decorator_list)
        if receiver is not None and function.owner and names and not static:
            given[names[0]] = receiver
            names = names[1:]
        for name, argument in zip(names, node.args, strict=False):
            if isinstance(argument, ast.Starred):
                self.evaluate(frame, argument.value)
                break
            given[name] = self.evaluate(frame, argument)
        for keyword in node.keywords:
            value = self.evaluate(frame, keyword.value)
            if keyword.arg:
                given[keyword.arg] = value
        self.called.add(function.key)
        return self.invoke(function, given).tainted(Value())

    def invoke(self, function: Function, arguments: dict[str, Value]) -> Value:
        key = (function.key, tuple(value for _, value in sorted(arguments.items())))
        if key in self.memo:
            return self.memo[key]
        busy = function.key in self.active or self.depth >= MAX_CALL_DEPTH or self.steps > MAX_STEPS
        if busy or self.contexts[function.key] >= MAX_CONTEXTS:
            self._cut(function)
            return _folded(list(arguments.values()))
        self.contexts[function.key] += 1
        self.depth += 1
        self.active.add(function.key)
        try:
            result = self._run(function, arguments)
        except RecursionError:
            self._cut(function)
            result = UNKNOWN
        finally:
            self.depth -= 1
            self.active.discard(function.key)
        self.memo[key] = result
        return result

    def _cut(self, function: Function) -> None:
        item = Opaque(
            function.file.path, function.node.lineno, function.name, f"{function.name} (reading cut off)"
        )
        self.opaque[item.file, item.line, item.callee] = item

    def _run(self, function: Function, arguments: dict[str, Value]) -> Value:
        frame = Frame(function.file, function, self._parameters(function, arguments))
        self.execute(frame, function.node.body)
        result = UNKNOWN
        for value in frame.returned:
            result = join(result, value)
        return result

    def _parameters(self, function: Function, arguments: dict[str, Value]) -> dict[str, Value]:
        """Arguments, else defaults, else what the parameter's annotation or name says."""
        defaults = function.defaults()
        names: dict[str, Value] = {}
        for i, parameter in enumerate(function.parameters):
            value = arguments.get(parameter.arg)
            if value is None and parameter.arg in defaults:
                value = self._defaulted(function, parameter.arg, defaults[parameter.arg])
            value = value or UNKNOWN
            owner = annotated_class(parameter.annotation)
            if not value.owner and owner and self.program.class_named(owner):
                value = replace(value, owner=owner)
            if i == 0 and function.owner and parameter.arg in ("self", "cls"):
                value = replace(value, owner=function.owner)
            if value == UNKNOWN and (unit := parameter_unit(parameter.arg)) is not None:
                origin = self.origin(Frame(function.file, function), "column", parameter.arg, parameter)
                value = Value(unit, frozenset({origin}))
            names[parameter.arg] = value
        return names

    def _defaulted(self, function: Function, name: str, node: ast.expr) -> Value:
        value = self.evaluate(Frame(function.file, None), node)
        if value.constant is None or value.constant.kind != "literal":
            return value
        return replace(value, constant=value.constant._replace(kind="default", name=name))

    def _construct(self, frame: Frame, node: ast.Call, owner: Class) -> Value:
        """An instance: fields by position and keyword, then ``__init__``."""
        instance = Value(owner=owner.name)
        positional = list(owner.fields)
        pairs = [*zip(positional, node.args, strict=False)]
        pairs += [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg]
        init = self.program.method(owner.name, "__init__")
        sources = UNKNOWN
        for name, argument in pairs:
            value = self.evaluate(frame, argument)
            sources = combine(sources, value)
            if init is None and not owner.settings:
                self.attribute_write(owner.name, name, value)
        if init is not None:
            self._bound(frame, node, init, instance)
        if owner.settings:
            return instance
        return replace(instance, origins=sources.origins, gates=sources.gates)

    def attribute_write(self, owner: str, name: str, value: Value) -> None:
        """An attribute of an instance, remembered under its class and, for unknown owners, its name."""
        for place in {owner, ""}:
            old = self.attributes.get((place, name))
            self.attributes[place, name] = value if old is None else join(old, value)

    # ---- outside the program ----------------------------------------------------------------------------

    def _method(self, frame: Frame, node: ast.Call, func: ast.Attribute) -> Value:
        receiver = self.evaluate(frame, func.value)
        name = func.attr
        owner = receiver.owner
        if isinstance(func.value, ast.Call) and getattr(func.value.func, "id", "") == "super":
            owner = frame.owner
        method = self.program.method(owner, name) if owner else None
        if method is None and not receiver.origins and name not in library.GENERAL:
            candidates = self.program.by_name.get(name, [])
            method = candidates[0] if len(candidates) == 1 and candidates[0].owner else None
        if method is not None:
            return self._bound(frame, node, method, receiver)
        if owner == frame.owner and owner and name in OTHER_DECISIONS:
            self._arguments(frame, node)
            self.decide(frame, name, node, receiver.of(RATIO))
        if name in ("get", "pop") and node.args and isinstance(node.args[0], ast.Constant):
            return self._get(frame, node, receiver)
        if name == "assign":
            return self._assign(frame, node, receiver)
        return self._apply(
            frame, node, name, [receiver, *self._arguments(frame, node)], [func.value, *node.args]
        )

    def _get(self, frame: Frame, node: ast.Call, receiver: Value) -> Value:
        """``bars.get("open_interest")``, ``params.get("floor", 1e6)``."""
        key = node.args[0]
        name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
        fallback = self.evaluate(frame, node.args[1]) if len(node.args) > 1 else UNKNOWN
        value = self.by_key(frame, node, receiver, name) if name else receiver
        if value.unit is None and not value.origins and fallback.constant is not None:
            return replace(fallback, constant=fallback.constant._replace(name=name, kind="default"))
        return join(value, fallback) if fallback.constant is None else value

    def _assign(self, frame: Frame, node: ast.Call, receiver: Value) -> Value:
        for keyword in node.keywords:
            value = self.evaluate(frame, keyword.value)
            if keyword.arg:
                self.keyed_write(frame, keyword.arg, node, value)
        return receiver

    def _external(self, frame: Frame, node: ast.Call, dotted: str) -> Value:
        """A call into a library, by its full name."""
        arguments = self._arguments(frame, node)
        if dotted in library.CLOCKS:
            return Value(origins=frozenset({self.origin(frame, "clock", dotted, node)}), shape=Shape.SCALAR)
        if dotted.startswith(library.RANDOM_MODULES) and dotted.rpartition(".")[2] not in library.SEEDED:
            return Value(RATIO, frozenset({self.origin(frame, "random", dotted, node)}), shape=Shape.SCALAR)
        if dotted in ("os.getenv", "os.environ.get"):
            name = getattr(node.args[0], "value", "") if node.args else ""
            return Value(origins=frozenset({self.origin(frame, "environment", str(name), node)}))
        name = dotted.rpartition(".")[2]
        if name in ("DataFrame", "dict"):
            self._keyword_columns(frame, node)
        return self._apply(frame, node, name, arguments, list(node.args))

    def _builtin(self, frame: Frame, node: ast.Call) -> Value:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "super":
            return frame.names.get("self", UNKNOWN)
        if name == "getattr" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            spelled = ast.Attribute(node.args[0], str(node.args[1].value), ast.Load())
            return self.evaluate(frame, ast.copy_location(spelled, node))
        if name == "dict":
            self._keyword_columns(frame, node)
        if not isinstance(node.func, ast.Name):
            self.evaluate(frame, node.func)
        return self._apply(frame, node, name, self._arguments(frame, node), list(node.args))

    def _keyword_columns(self, frame: Frame, node: ast.Call) -> None:
        for keyword in node.keywords:
            if keyword.arg:
                self.keyed_write(frame, keyword.arg, node, self.evaluate(frame, keyword.value))

    def _arguments(self, frame: Frame, node: ast.Call) -> list[Value]:
        """Positional arguments; functions of the program among them are called with the first value."""
        values: list[Value] = []
        for argument in node.args:
            inner = argument.value if isinstance(argument, ast.Starred) else argument
            passed = (
                self.program.dotted(frame.file, inner)
                if isinstance(inner, ast.Name | ast.Attribute)
                else None
            )
            if isinstance(passed, Function) and not passed.owner and passed.parameters:
                self.called.add(passed.key)
                first = values[0] if values else UNKNOWN
                if isinstance(node.func, ast.Attribute):
                    first = self.evaluate(frame, node.func.value)
                values.append(self.invoke(passed, {passed.parameters[0].arg: first}))
            else:
                values.append(self.evaluate(frame, inner))
        return values

    def _apply(
        self, frame: Frame, node: ast.Call, name: str, values: Sequence[Value], nodes: Sequence[ast.expr]
    ) -> Value:
        """A library function of ``values`` (the receiver first), spelled by ``nodes``."""
        keywords = {keyword.arg: self.evaluate(frame, keyword.value) for keyword in node.keywords}
        everything = [*values, *keywords.values()]
        both = _folded(everything)
        first = values[0] if values else UNKNOWN
        if name in library.COMPARISONS and len(values) > 1:
            symbol = library.COMPARISONS[name]
            return self.compared(frame, node, symbol, (nodes[0], values[0]), (nodes[1], values[1]))
        if name in ("between", "clip") and values:
            self._limits(frame, node, name, list(values), list(nodes))
        if name in library.OPERATORS and len(values) > 1:
            return self.binary(OPERATOR_NODES[library.OPERATORS[name]], values[0], values[1])
        if name in ("where", "select", "mask", "if_else", "full", "full_like") or name in library.CHOICES:
            special = self._choice(frame, node, name, values, nodes, both)
            if special is not None:
                return special
        peeked = self._forward(frame, node, name, first, both, keywords)
        return self._known(frame, node, name, first, peeked)

    def _limits(
        self, frame: Frame, node: ast.Call, name: str, values: list[Value], nodes: list[ast.expr]
    ) -> None:
        """``x.between(a, b)`` and ``x.clip(lower=a)`` compare with each bound."""
        bounds = list(zip(nodes[1:3], values[1:3], strict=False))
        wanted = ("left", "right", "lower", "upper", "min", "max", "a_min", "a_max")
        bounds += [(k.value, self.evaluate(frame, k.value)) for k in node.keywords if k.arg in wanted]
        for bound in bounds:
            self.compared(frame, node, name, (nodes[0], values[0]), bound)

    def _choice(
        self,
        frame: Frame,
        node: ast.Call,
        name: str,
        values: Sequence[Value],
        nodes: Sequence[ast.expr],
        both: Value,
    ) -> Value | None:
        """Functions that pick among their arguments; None where ``max`` and ``min`` are reductions."""
        if name == "full" or name == "full_like":
            return values[1] if len(values) > 1 else both
        if name in library.CHOICES:
            if len(values) < 2 or not isinstance(nodes[1], ast.expr):
                return None
            return replace(both, unit=_folded(list(values)).unit, constant=_common_constant(values))
        if name == "select" and len(values) > 1:
            chosen = iterated(values[1])
            return replace(both, unit=chosen.unit, constant=chosen.constant, items=())
        numpy_style = not isinstance(node.func, ast.Attribute) or len(values) == 3
        if name == "where" and len(values) == 3 and numpy_style and not self._is_pandas_where(frame, node):
            unit = same_unit(values[1], values[2])
            return replace(both, unit=unit, constant=_common_constant(values[1:]))
        return replace(both, unit=values[0].unit if values else None, constant=None)

    def _is_pandas_where(self, frame: Frame, node: ast.Call) -> bool:
        return not isinstance(self.program.dotted(frame.file, node.func), str)

    def _forward(
        self,
        frame: Frame,
        node: ast.Call,
        name: str,
        first: Value,
        both: Value,
        keywords: dict[str | None, Value],
    ) -> Value:
        """``both``, marked where this call looks at later bars."""
        kind = library.FORWARD.get(name) or _forward_by_arguments(node, name)
        if kind is None and name == "rank" and first.shape is Shape.SERIES and "axis" not in keywords:
            kind = "whole_sample"
        if kind is None and name == "interpolate" and first.shape in (Shape.SERIES, Shape.COARSE):
            kind = "interpolate"
        if kind is None and first.shape is Shape.REVERSED and name in _RUNNING:
            return replace(both, origins=both.origins | first.pending, shape=Shape.REVERSED)
        if kind is None and first.shape is Shape.COARSE and name in _SPREAD:
            kind = "resample"
        return both.peeking(self.peek(frame, kind, node)) if kind else both

    def _known(self, frame: Frame, node: ast.Call, name: str, first: Value, both: Value) -> Value:
        """The unit and shape of the result by the tables."""
        if name in ("pct_change", "diff", *library.LOGS):
            self.sensitive(frame, name, node, _zeroed(first) if name == "diff" else first)
        both = self._marked(frame, node, name, first, both)
        shape = self._shape(node, name, first, both)
        if shape is Shape.AGGREGATE and first.shape in (Shape.SERIES, Shape.COARSE):
            whole = self.peek(frame, "whole_sample", node)
            both = replace(both, pending=both.pending | {whole})
        base = first if first.unit is not None or first.constant is not None else both
        if name in library.CONSTRUCTED or name in ("zeros", "empty"):
            return Value(None, both.origins, both.gates)
        if name in library.RATIO_RESULT:
            return both.of(RATIO, shape)
        if name in library.LOGS and base.unit is not None and base.unit.scaled:
            return both.of(Unit(base.unit.amount, base.unit.price, log=True), shape)
        if name == "sqrt" or name in library.SQUARED:
            return both.of(power(base.unit, 0.5 if name == "sqrt" else 2.0), shape)
        if name in ("diff",) and base.unit is not None and base.unit.log:
            return both.of(RATIO, shape)
        if (
            name in library.KEEP
            or name in library.WINDOWS
            or name in ("resample", "float", "int", "round", "abs")
        ):
            constant = (
                base.constant
                if name in ("float", "int", "abs", "round", "astype", "array", "asarray")
                else None
            )
            items = first.items if name in ("list", "tuple", "concat", "hstack", "vstack") else ()
            return replace(both.of(base.unit, shape), constant=constant, items=items)
        if both.origins and self.recording and name not in _TRANSPARENT:
            item = Opaque(frame.file.path, node.lineno, frame.name, ast.unparse(node.func)[:80])
            self.opaque[item.file, item.line, item.callee] = item
        return both.of(None, shape)

    def _marked(self, frame: Frame, node: ast.Call, name: str, first: Value, both: Value) -> Value:
        """Running totals and zeroed levels are marked; what cancels a total's origin unmarks it."""
        scaled = first.unit is not None and first.unit.scaled and not first.unit.log
        if name == "cumsum" and scaled and first.shape is not Shape.WINDOW:
            return both.peeking(self.origin(frame, "cumulated", name, node))
        if name in _CANCELLING:
            return both.settled()
        if name in ("fillna", "nan_to_num") and scaled and _fills_zero(node, name):
            return both.peeking(self.origin(frame, "zeroed", name, node))
        return both

    def _shape(self, node: ast.Call, name: str, first: Value, both: Value) -> Shape:
        if name in library.WINDOWS:
            return Shape.WINDOW
        if name == "resample":
            late = any(k.arg == "label" and getattr(k.value, "value", "") == "right" for k in node.keywords)
            return Shape.SERIES if late else Shape.RESAMPLER
        if first.shape is Shape.WINDOW:
            return Shape.SERIES
        if first.shape is Shape.RESAMPLER:
            return Shape.COARSE
        if first.shape is Shape.COARSE and (name in _SPREAD or name == "shift"):
            return Shape.SERIES
        if name in ("head", "tail", "itertuples", "iterrows", "item"):
            return Shape.SLICE
        if name in library.WHOLE and first.shape in (Shape.SERIES, Shape.COARSE) and not _across(node):
            return Shape.AGGREGATE
        if name in ("len", "any", "all", "count", "sum") and not _across(node):
            return Shape.SCALAR
        return both.shape


_RUNNING = frozenset(
    ["cumsum", "cummax", "cummin", "cumprod", "rolling", "ewm", "expanding", "ffill", "shift", "accumulate"]
)
_SPREAD = frozenset(
    ["reindex", "reindex_like", "asfreq", "ffill", "merge", "join", "merge_asof", "map", "loc", "asof"]
)
_CANCELLING = frozenset(
    ["diff", "std", "nanstd", "var", "nanvar", "rank", "zscore", "corr", "skew", "kurt", "autocorr", "sign"]
)
_TRANSPARENT = frozenset(
    [
        "append",
        "print",
        "isinstance",
        "getattr",
        "hasattr",
        "info",
        "debug",
        "warning",
        "error",
        "zip",
        "format",
        "str",
    ]
)


def _folded(values: Sequence[Value]) -> Value:
    result = UNKNOWN
    for i, value in enumerate(values):
        unit = value.unit if not i else same_unit(result, value)
        result = replace(combine(result, value), unit=unit)
    return result


def _zeroed(value: Value) -> Value:
    """The value without its running totals, whose differences are sound."""
    return value.settled()


def _fills_zero(node: ast.Call, name: str) -> bool:
    """``fillna(0)``, ``fillna(value=0.0)``, ``np.nan_to_num(x)``."""
    if name == "nan_to_num":
        return not any(k.arg == "nan" and _literal(k.value) != 0 for k in node.keywords)
    filler = next((k.value for k in node.keywords if k.arg == "value"), node.args[0] if node.args else None)
    return isinstance(filler, ast.Constant) and filler.value == 0 and not isinstance(filler.value, bool)


def _common_constant(values: Sequence[Value]) -> Constant | None:
    """The largest of constants chosen between; None as soon as one is not a constant."""
    constants = [value.constant for value in values if value.constant is not None]
    if len(constants) < len(values):
        return None
    return max(constants, key=lambda item: abs(item.value or 0.0), default=None)


def _forward_by_arguments(node: ast.Call, name: str) -> str | None:
    """The kind of look-ahead that an argument asks for."""
    keywords = {k.arg: k.value for k in node.keywords}
    if name in ("shift", "roll", "diff", "pct_change"):
        place = 1 if name == "roll" and len(node.args) > 1 else 0
        periods = (
            keywords.get("periods")
            or keywords.get("shift")
            or (node.args[place] if len(node.args) > place else None)
        )
        negative = isinstance(periods, ast.UnaryOp) and isinstance(periods.op, ast.USub)
        return "negative_shift" if negative else None
    if name == "rolling" and _literal(keywords.get("center")) is True:
        return "centred_window"
    if name in ("fillna", "reindex", "replace") and _literal(keywords.get("method")) in (
        "bfill",
        "backfill",
        "nearest",
    ):
        return "backfill"
    if name == "merge_asof" and _literal(keywords.get("direction")) in ("forward", "nearest"):
        return "asof_forward"
    mode = keywords.get("mode") or (node.args[2] if len(node.args) > 2 else None)
    if name == "convolve" and _literal(mode) == "same":
        return "two_sided_filter"
    return None


def _literal(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _across(node: ast.Call) -> bool:
    """Whether a reduction runs over the columns, not over the bars."""
    for keyword in node.keywords:
        if keyword.arg == "axis" and _literal(keyword.value) in (1, "columns"):
            return True
    return bool(node.args) and _literal(node.args[-1]) == 1


def annotated_class(node: ast.expr | None) -> str:
    """The class that an annotation names: ``P``, ``mod.P``, ``"P"``, ``P | None``, ``Optional[P]``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.rpartition(".")[2].partition(" ")[0]
    if isinstance(node, ast.BinOp):
        return annotated_class(node.left)
    if isinstance(node, ast.Subscript):
        return annotated_class(node.slice)
    return ""
