"""Reading calls into libraries: what numpy and pandas do to units, shapes and sources."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from tools.analysis.architecture import library
from tools.analysis.architecture.expressions import Expressions
from tools.analysis.architecture.machine import Frame, Opaque, combine
from tools.analysis.architecture.syntax import iterated
from tools.analysis.architecture.values import RATIO, UNKNOWN, Constant, Shape, Unit, Value, power, same_unit

OPERATOR_NODES: dict[str, ast.operator] = {"+": ast.Add(), "-": ast.Sub(), "*": ast.Mult(), "/": ast.Div()}


class LibraryCalls(Expressions):
    """Calls whose function is not the program's."""

    def apply(
        self, frame: Frame, node: ast.Call, name: str, values: Sequence[Value], nodes: Sequence[ast.expr]
    ) -> Value:
        """A library function of ``values`` (the receiver first), spelled by ``nodes``."""
        keywords = {keyword.arg: self.evaluate(frame, keyword.value) for keyword in node.keywords}
        everything = [*values, *keywords.values()]
        both = folded(everything)
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
            return replace(both, unit=folded(list(values)).unit, constant=_common_constant(values))
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
        if (
            name == "transform"
            and first.shape is Shape.WINDOW
            and node.args
            and _literal(node.args[0]) in library.WHOLE
        ):
            kind = "whole_sample"
        if kind is None and name == "interpolate" and first.shape in (Shape.SERIES, Shape.COARSE):
            kind = "interpolate"
        if kind is None and first.shape is Shape.REVERSED and name in _RUNNING:
            return replace(both, origins=both.origins | first.pending, shape=Shape.REVERSED)
        joined = both.shape is Shape.COARSE and name in ("join", "merge", "merge_asof")
        if kind is None and (joined or (first.shape is Shape.COARSE and name in _SPREAD)):
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
        scaled = scaled or (first.unit is None and first.shape is Shape.UNKNOWN and name == "fillna")
        if name in ("fillna", "nan_to_num", "replace") and scaled and _fills_zero(node, name):
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
        if both.shape is Shape.COARSE and (name in _SPREAD or name == "shift"):
            return Shape.SERIES
        if name in ("head", "tail", "itertuples", "iterrows", "item"):
            return Shape.SLICE
        if name in library.SUMMARIES and first.shape in (Shape.SERIES, Shape.COARSE) and not _across(node):
            return Shape.AGGREGATE
        if name in ("len", "any", "all", "count", "sum") and not _across(node):
            return Shape.UNKNOWN  # one number, but not a bar's
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


def folded(values: Sequence[Value]) -> Value:
    """All values at once, in their common unit."""
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
    if name == "replace":
        return (
            len(node.args) == 2 and ast.unparse(node.args[0]).endswith("nan") and _literal(node.args[1]) == 0
        )
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
