"""What a worked-out number of time counts, told from the names in it: ``hold_hours * 60 / BAR_MINUTES`` counts bars of five
minutes. A count of ``seconds_each`` seconds: 60 for minutes, the length of a bar for bars.

Only products and quotients with known numbers of exactly one quantity whose name says its unit; of divisors with a unit
the number must be known. What is written in another way has no answer.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tools.analysis.study import Study

SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "millisecond": 1e-3}
SHORT = {
    "secs": "second",
    "sec": "second",
    "mins": "minute",
    "min": "minute",
    "hrs": "hour",
    "ms": "millisecond",
    "msec": "millisecond",
}
BARS = ("bars", "candles", "periods")
#: What follows a unit that a name begins with: ``minutes_since_exit``, ``hours_held``.
FOLLOWING = (
    "since",
    "held",
    "in",
    "until",
    "to",
    "left",
    "after",
    "before",
    "elapsed",
    "passed",
    "ago",
    "waited",
    "open",
)
#: Functions that leave the unit as it is.
KEEPING = ("int", "float", "round", "abs", "ceil", "floor", "max", "min", "rint", "trunc")


@dataclass(frozen=True)
class Duration:
    """``seconds_each`` is what one of the number stands for; ``leaf`` the text of the quantity whose name says so, ``leaf_each``
    what one of that stands for. ``worked_out``: something was done to it."""

    seconds_each: float
    leaf: str
    leaf_each: float
    worked_out: bool


def unit_of(name: str) -> str | None:
    """The unit of time that a name ends with: ``rested_minutes``, ``age_h`` is too short to count."""
    last = name.lower().rstrip("_").split("_")[-1]
    last = SHORT.get(last, last)
    plural = last.removesuffix("s")
    if plural not in SECONDS or (last == plural and last in ("hour", "minute", "second", "day")):
        return None  # "hour" alone is the hour of the day
    if last != name.lower().strip("_") and name.lower().strip("_").split("_")[-2:-1] == ["per"]:
        return None
    return plural


def bare_minimum(name: str) -> bool:
    """Whether "min" ends a name, where it may stand for the least."""
    return name.lower().rstrip("_").endswith("min")


def seconds_of(name: str, bar_seconds: float) -> float | None:
    """What one of a quantity of that name stands for; None where its name does not say."""
    lowered = name.lower().strip("_")
    words = lowered.split("_")
    if "per" in words or bare_minimum(name):
        return None
    if len(words) > 1 and words[1] in FOLLOWING and not (unit_of(name) or words[-1] in BARS):
        words = words[:1]
        name = words[0]
    if words[-1] in BARS:
        return bar_seconds
    unit = unit_of(name)
    return None if unit is None else SECONDS[unit]


def duration(node: ast.expr, constants: Mapping[str, float], bar_seconds: float) -> Duration | None:
    """See the module. ``constants`` are numbers with a name that is the same everywhere."""
    name = _name(node)
    if name is not None:
        each = seconds_of(name, bar_seconds)
        return None if each is None else Duration(each, ast.unparse(node), each, False)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return duration(node.operand, constants, bar_seconds)
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "total_seconds":
        return Duration(1.0, ast.unparse(node), 1.0, False)
    if isinstance(node, ast.IfExp):
        sides = [duration(side, constants, bar_seconds) for side in (node.body, node.orelse)]
        known = [d for d in sides if d is not None]
        return known[0] if len({d.seconds_each for d in known}) == 1 else None
    if isinstance(node, ast.Call) and _name(node.func) in KEEPING:
        known = [d for a in node.args if (d := duration(a, constants, bar_seconds)) is not None]
        return known[0] if len({d.seconds_each for d in known}) == 1 and len(known) == 1 else None
    if not isinstance(node, ast.BinOp):
        return None
    return _product(node, constants, bar_seconds)


def _product(node: ast.BinOp, constants: Mapping[str, float], bar_seconds: float) -> Duration | None:
    left, right = duration(node.left, constants, bar_seconds), duration(node.right, constants, bar_seconds)
    a, b = value_of(node.left, constants), value_of(node.right, constants)
    if isinstance(node.op, ast.Mult):
        if left is not None and b:
            return Duration(left.seconds_each / b, left.leaf, left.leaf_each, True)
        if right is not None and a:
            return Duration(right.seconds_each / a, right.leaf, right.leaf_each, True)
    elif isinstance(node.op, ast.Div | ast.FloorDiv) and left is not None and b:
        return Duration(left.seconds_each * b, left.leaf, left.leaf_each, True)
    elif isinstance(node.op, ast.Add | ast.Sub) and b is not None:
        same = left is not None and (right is None or right.seconds_each == left.seconds_each)
        return left if same else None
    return None


def value_of(node: ast.expr, constants: Mapping[str, float]) -> float | None:
    """A number that is written, or a named constant's; products of them."""
    if isinstance(node, ast.Constant):
        number = node.value
        return float(number) if isinstance(number, int | float) and not isinstance(number, bool) else None
    name = _name(node)
    if name is not None:
        return constants.get(name)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div | ast.FloorDiv):
        a, b = value_of(node.left, constants), value_of(node.right, constants)
        if a is None or not b:
            return None
        return a * b if isinstance(node.op, ast.Mult) else a / b if isinstance(node.op, ast.Div) else a // b
    return None


def _name(node: ast.expr) -> str | None:
    """The last word of ``cfg.hold_minutes``, ``p["hold_minutes"]``, ``p.get("hold_minutes", 5)``, ``hold_minutes``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and node.args
    ):
        return str(node.args[0].value) if isinstance(node.args[0], ast.Constant) else None
    return None


def known_constants(study: Study) -> dict[str, float]:
    """Upper-case names that stand for one number in the whole product, worked out where they are products; other names that
    are bound once in the whole product, to a number."""
    found: dict[str, set[float]] = {}
    once = _bound_once(study)
    texts: list[tuple[str, ast.expr]] = []
    for file in study.tree.product():
        for node in ast.walk(file.tree):
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            value = getattr(node, "value", None)
            named = isinstance(target, ast.Name) and (target.id.isupper() or target.id in once)
            if isinstance(target, ast.Name) and named and isinstance(value, ast.expr):
                texts.append((target.id, value))
    for _ in range(3):
        single = {k: next(iter(v)) for k, v in found.items() if len(v) == 1}
        for name, value in texts:
            number = value_of(value, single)
            if number is not None:
                found.setdefault(name, set()).add(number)
    return {k: next(iter(v)) for k, v in found.items() if len(v) == 1}


def _bound_once(study: Study) -> set[str]:
    """Names that one place in the whole product gives a value to: no parameter, loop or second assignment does."""
    bound: Counter[str] = Counter()
    for file in study.tree.product():
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                bound[node.id] += 1
            elif isinstance(node, ast.arg):
                bound[node.arg] += 1
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                bound[node.target.id] += 1
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                bound[node.attr] += 1
            elif isinstance(node, ast.keyword) and node.arg:
                bound[node.arg] += 1
    return {name for name, count in bound.items() if count == 1}
