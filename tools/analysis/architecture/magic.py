"""Numbers in the code without a name, with their unit guessed from what they are compared with."""

from __future__ import annotations

import ast
import math
import re
from typing import Any

from tools.analysis.architecture.flow import Flow
from tools.analysis.architecture.machine import Comparison
from tools.analysis.architecture.program import Program
from tools.analysis.architecture.values import BASE, PRICE, QUOTE, RATIO, Constant, Unit, Value

Row = dict[str, Any]
#: Numbers that need no name.
PLAIN = frozenset([0.0, 1.0, -1.0])
UNITS: dict[Unit, str] = {
    PRICE: "a price, in the quote currency",
    BASE: "an amount, in coins or contracts",
    QUOTE: "a turnover, in the quote currency",
    RATIO: "a ratio, without a unit",
}
#: Words in the other side's source -> unit. The first that fits.
WORDS = (
    (r"hours?|hod", "an hour of the day, 0 to 23"),
    (r"minutes?|mins?", "minutes"),
    (r"total_seconds|seconds?|secs?", "seconds"),
    (r"dayofweek|weekday|dow", "a day of the week, Monday = 0"),
    (r"days?", "days"),
    (r"millis|ms|timestamp|ts", "a time stamp"),
    (r"rsi|stoch|mfi|adx|cci|percentile|willr", "an oscillator's points, 0 to 100"),
    (r"bps", "basis points"),
    (r"z|zscore|z_score|sigma|sd", "standard deviations"),
    (r"funding\w*|fr", "a funding rate, a fraction a payment"),
    (
        r"pct\w*|percent\w*|ret\w*|return\w*|mom\w*|move\w*|roc|change|slope",
        "a change, a fraction (0.01 = 1 %)",
    ),
    (r"len|bars?|count|idx|index|i|n|held|age|shape|streak", "a count of bars or rows"),
    (r"score\w*|points|votes|signal\w*", "points of a score"),
    (r"leverage|lev", "a leverage"),
)


def magic_numbers(program: Program, flow: Flow) -> list[Row]:
    """``[{"file", "line", "value", "text", "compared_with", "unit", "because"}]`` in order of place. A number counts where
    it is written out beside a quantity (0 and 1 do not); settings, constants with a name and defaults have one already.
    ``unit`` is a guess, None where nothing speaks for one."""
    rows: dict[tuple[str, int, int, float], Row] = {}
    for item in flow.comparisons:
        for quantity, node, limit in (
            (item.left, item.left_node, item.right),
            (item.right, item.right_node, item.left),
        ):
            found = limit.constant
            if found is not None and quantity.constant is None and _unnamed(found):
                row = _row(program, item, quantity, node, found)
                rows[row["file"], row["line"], item.node.col_offset, row["value"]] = row
    return [rows[key] for key in sorted(rows)]


def _unnamed(constant: Constant) -> bool:
    value = constant.value
    return constant.kind == "literal" and value is not None and math.isfinite(value) and value not in PLAIN


def _row(program: Program, item: Comparison, quantity: Value, node: ast.expr, found: Constant) -> Row:
    file = program.tree.files[item.file]
    columns = sorted({o.name for o in quantity.origins if o.kind == "column"})
    unit, because = _guess(quantity, file.segment(node), columns)
    return {
        "file": item.file,
        "line": item.node.lineno,
        "value": found.value,
        "text": file.segment(item.node)[:160],
        "compared_with": file.segment(node)[:120],
        "unit": unit,
        "because": because,
    }


def _guess(quantity: Value, text: str, columns: list[str]) -> tuple[str | None, str]:
    known = quantity.unit
    if known is not None and not known.mixed and known.scaled and not known.log and known in UNITS:
        return UNITS[known], f"made of {', '.join(columns) or 'market columns'}"
    words = re.findall(r"[a-z_]+", text.lower())
    parts = [*words, *(part for word in words for part in word.split("_"))]
    for pattern, unit in WORDS:
        hit = next((part for part in parts if re.fullmatch(pattern, part)), None)
        if hit is not None:
            return unit, f"compared with {hit}"
    if known == RATIO:
        return UNITS[RATIO], f"made of {', '.join(columns) or 'market columns'}, their units cancel"
    return None, "nothing says what it is compared with"
