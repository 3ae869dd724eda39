"""A traded amount is compared with a fixed number: what is quiet in one market is a storm in another.

Found by units: the data flow says how each side scales with the size of the market. A comparison (``>``,
``.gt``, ``.between``, ``clip``, ``np.greater`` …) of a scaled side with a constant, wherever that lives, is a
suspect. Zero and guards against division (up to 1e-6 in absolute value) are not.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Iterator
from typing import Any

from tools.analysis.architecture.machine import Comparison
from tools.analysis.architecture.values import Constant, Value
from tools.analysis.detectors.base import Code, Suspect, span
from tools.contracts import Severity

TINY = 1e-6
FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}


def detect(code: Code) -> Iterable[Suspect]:
    """Comparisons of an amount with a constant."""
    for item, quantity, limit in scaled_comparisons(code):
        unit = quantity.unit
        if unit is None or unit.amount == 0:
            continue
        yield make_suspect(code, item, quantity, limit, "absolute_threshold", "the size of the market")


def scaled_comparisons(code: Code) -> Iterator[tuple[Comparison, Value, Constant]]:
    """Comparisons with a scaled side and a constant one that is neither zero nor a mere guard."""
    seen: set[ast.AST] = set()
    for item in code.flow.comparisons:
        if item.file not in code.arch.relevant or item.node in seen:
            continue
        for quantity, limit in ((item.left, item.right), (item.right, item.left)):
            if item.operator == "offset" and _guard(quantity, limit.constant):
                continue
            if _scaled_against_constant(quantity, limit.constant) and not _only_guards(code, item.node):
                seen.add(item.node)
                assert limit.constant is not None
                yield item, quantity, limit.constant


def _scaled_against_constant(quantity: Value, constant: Constant | None) -> bool:
    if constant is None or quantity.constant is not None or quantity.unit is None or not quantity.unit.scaled:
        return False
    value = constant.value
    return value is None or (math.isfinite(value) and abs(value) > TINY)


def _guard(quantity: Value, constant: Constant | None) -> bool:
    """``log(volume + 1)``, ``x / (range + 1e-9)``: a small addend that keeps from zero. Logarithms shift."""
    if constant is None or constant.value is None or quantity.unit is None or quantity.unit.log:
        return True
    return abs(constant.value) <= (1.0 if quantity.unit.amount else 1e-4)


def _only_guards(code: Code, node: ast.AST) -> bool:
    """Whether the comparison only decides about refusing or reporting bad input."""
    for parent in code.ancestors(node):
        if isinstance(parent, ast.Assert):
            return True
        if isinstance(parent, ast.If):
            return isinstance(parent.body[-1], ast.Raise)
        if isinstance(parent, ast.stmt):
            return False
    return False


def make_suspect(
    code: Code, item: Comparison, quantity: Value, limit: Constant, category: str, of_what: str
) -> Suspect:
    """The suspect of one comparison, with what a codemod needs."""
    file = code.tree.files[item.file]
    flipped = item.right is quantity
    inner, outer = (item.right_node, item.left_node) if flipped else (item.left_node, item.right_node)
    reaches = code.reaches(item.node, file)
    columns = sorted({origin.name for origin in quantity.origins if origin.kind == "column"})
    value = "a constant" if limit.value is None else f"{limit.value:,.12g}"
    verb = "offsets" if item.operator == "offset" else "compares"
    summary = (
        f"`{file.segment(item.node)}` {verb} {' and '.join(columns) or 'an amount'}, which scales with {of_what}, "
        f"with {value}{_home(limit, item.file)}."
    )
    details: dict[str, Any] = {
        "quantity": file.segment(inner),
        "quantity_node": span(inner),
        "limit": file.segment(outer),
        "limit_node": span(outer),
        "operator": FLIPPED.get(item.operator, item.operator) if flipped else item.operator,
        "constant_side": "left" if flipped else "right",
        "constant": limit._asdict(),
        "unit": quantity.unit._asdict() if quantity.unit else None,
        "columns": columns,
        "reaches": reaches,
    }
    severity = Severity.HIGH if reaches else Severity.LOW
    return Suspect(file, item.node, item.function, category, severity, summary, details)


def _home(limit: Constant, file: str) -> str:
    """Where the constant lives, in words."""
    if limit.kind == "literal":
        return ""
    kind = {"module": "constant", "setting": "setting", "default": "default of", "table": "table"}.get(
        limit.kind, ""
    )
    place = f" in {limit.file}:{limit.line}" if limit.file != file else f" at line {limit.line}"
    return f" ({kind} {limit.name}{place})".replace("( ", "(")
