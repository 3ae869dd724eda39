"""What of a freqtrade strategy's class may be searched: its parameters, in their own ranges, and the stop loss."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from tools.optimization.numbers import number_of

Number = float | int | bool
#: Plain attributes of the class that may be searched beside its parameters.
PLAIN = ("stoploss",)
_NUMERIC = ("IntParameter", "RealParameter", "DecimalParameter")


@dataclass
class ClassSettings:
    """Defaults and ranges by name; ``skipped`` says why one is not searched."""

    found: dict[str, Number] = field(default_factory=dict)
    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


def read_class(node: ast.ClassDef) -> ClassSettings:
    """The settings that the class itself writes. A value in ``buy_params`` and the like stands above the default."""
    settings, chosen = ClassSettings(), _chosen(node)
    for name, value in _assigned(node):
        kind = _kind(value)
        if kind and isinstance(value, ast.Call):
            _read(settings, name, kind, value, chosen.get(name))
        elif name in PLAIN:
            number = number_of(value)
            if number is None:
                settings.skipped[name] = "its value is no plain number"
            else:
                settings.found[name] = number
    return settings


def _read(settings: ClassSettings, name: str, kind: str, call: ast.Call, above: ast.expr | None) -> None:
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    optimize = given.get("optimize")
    if isinstance(optimize, ast.Constant) and optimize.value is False:
        settings.skipped[name] = "optimize=False"
        return
    default = above if above is not None else given.get("default")
    number = number_of(default) if default is not None else True if kind == "BooleanParameter" else None
    if number is None or kind not in (*_NUMERIC, "BooleanParameter"):
        settings.skipped[name] = "its values are no numbers"
        return
    settings.found[name] = number
    if kind in _NUMERIC:
        limits = _limits(call, given)
        if limits is not None:
            settings.bounds[name] = limits
        if kind != "IntParameter":
            settings.found[name] = float(number)


def _limits(call: ast.Call, given: dict[str, ast.expr]) -> tuple[float, float] | None:
    ends = list(call.args)
    if len(ends) == 1 and isinstance(ends[0], ast.List | ast.Tuple):
        ends = ends[0].elts
    ends += [given[name] for name in ("low", "high") if name in given]
    numbers = [number_of(end) for end in ends[:2]]
    if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None:
        return float(numbers[0]), float(numbers[1])
    return None


def _assigned(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            yield statement.targets[0].id, statement.value
        elif (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.value is not None
        ):
            yield statement.target.id, statement.value


def _chosen(node: ast.ClassDef) -> dict[str, ast.expr]:
    """Entries of the class's tables of chosen values."""
    return {
        key.value: entry
        for name, value in _assigned(node)
        if name.endswith("_params") and isinstance(value, ast.Dict)
        for key, entry in zip(value.keys, value.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def _kind(value: ast.expr) -> str:
    """``IntParameter`` of a call of it; empty for everything else."""
    if not isinstance(value, ast.Call):
        return ""
    name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    return name if name.endswith("Parameter") else ""
