"""What of a freqtrade strategy's class may be searched: its parameters, in their own ranges, its stop loss, and the plain
numbers that it keeps as attributes; its own, and those of the system's classes that it inherits from."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from sandbox.host.contracts import Setting
from tools.analysis.source import SourceTree
from tools.optimization.numbers import number_of

#: Plain attributes that freqtrade itself reads and that may be searched.
PLAIN = ("stoploss",)
#: The others that it reads: a search of them would change what is traded on, not how.
_FREQTRADES = frozenset(
    (
        "INTERFACE_VERSION",
        "startup_candle_count",
        "process_only_new_candles",
        "can_short",
        "use_exit_signal",
        "exit_profit_only",
        "exit_profit_offset",
        "ignore_roi_if_entry_signal",
        "ignore_buying_expired_candle_after",
        "position_adjustment_enable",
        "max_entry_position_adjustment",
        "trailing_stop",
        "trailing_stop_positive",
        "trailing_stop_positive_offset",
        "trailing_only_offset_is_reached",
        "use_custom_stoploss",
        "use_custom_roi",
        "disable_dataframe_checks",
        "use_sell_signal",
        "sell_profit_only",
        "sell_profit_offset",
        "ignore_roi_if_buy_signal",
        "stoploss_on_exchange",
        "max_open_trades",
    )
)
_NUMERIC = ("IntParameter", "RealParameter", "DecimalParameter")
_DECIMALS = 3


@dataclass
class ClassSettings:
    """Defaults and ranges by name; ``choices`` where it is one of some values, ``decimals`` where it is rounded;
    ``skipped`` says why one is not searched; ``homes`` are (file, class) of what another class writes."""

    found: dict[str, Setting] = field(default_factory=dict)
    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)
    choices: dict[str, tuple[Setting, ...]] = field(default_factory=dict)
    decimals: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    homes: dict[str, tuple[str, str]] = field(default_factory=dict)


def read_line(tree: SourceTree, file: str, node: ast.ClassDef, stored: str | None = None) -> ClassSettings:
    """The settings of a class of ``file`` and of its bases in the system, the nearest that writes one counting.
    ``stored`` is the text of the JSON file that hyperopt left beside it: what it sets is not searched."""
    line = _ancestry(tree, file, node)
    above = {k: v for _, cls in reversed(line) for k, v in _chosen(cls).items()}
    settings = ClassSettings()
    seen: set[str] = set()
    for place, cls in line:
        own = read_class(cls, above)
        for name in [n for n in (*own.found, *own.skipped) if n not in seen]:
            _take(settings, own, name)
            seen.add(name)
            if cls is not node:
                settings.homes[name] = (place, cls.name)
    for name in _stored(stored, node.name) & set(settings.found):
        del settings.found[name]
        settings.skipped[name] = f"{PurePosixPath(file).stem}.json beside the strategy sets it: delete that"
    return settings


def _take(into: ClassSettings, own: ClassSettings, name: str) -> None:
    if name in own.skipped:
        into.skipped[name] = own.skipped[name]
        return
    into.found[name] = own.found[name]
    for table, more in (
        (into.bounds, own.bounds),
        (into.choices, own.choices),
        (into.decimals, own.decimals),
    ):
        if name in more:
            table[name] = more[name]  # type: ignore[assignment]


def _ancestry(tree: SourceTree, file: str, node: ast.ClassDef) -> list[tuple[str, ast.ClassDef]]:
    """(file, class), the class first, then its bases as they are written."""
    line, seen = [(file, node)], {node.name}
    for place, current in line:
        for base in current.bases:
            name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
            found = _class_named(tree, name, place)
            if found is not None and name not in seen:
                seen.add(name)
                line.append(found)
    return line


def _class_named(tree: SourceTree, name: str, near: str) -> tuple[str, ast.ClassDef] | None:
    found = [
        (file.path, node)
        for file in tree.product()
        for node in file.tree.body
        if isinstance(node, ast.ClassDef) and node.name == name
    ]
    return next((f for f in found if f[0] == near), found[0] if found else None)


def _stored(text: str | None, name: str) -> set[str]:
    try:
        document: Any = json.loads(text or "{}")
    except ValueError:
        return set()
    if not isinstance(document, dict) or document.get("strategy_name") != name:
        return set()
    params = document.get("params")
    tables = [v for v in params.values() if isinstance(v, dict)] if isinstance(params, dict) else []
    return {key for table in tables for key in table}


def read_class(node: ast.ClassDef, above: Mapping[str, ast.expr] | None = None) -> ClassSettings:
    """The settings that the class itself writes. A value in ``buy_params`` and the like (``above``: of its whole line)
    stands above the default."""
    settings, chosen = ClassSettings(), _chosen(node) if above is None else above
    for name, value in _assigned(node):
        kind = _kind(value)
        if kind and isinstance(value, ast.Call):
            _read(settings, name, kind, value, chosen.get(name))
        elif name in PLAIN or (name not in _FREQTRADES and not name.startswith("_")):
            number = number_of(value)
            if number is not None:
                settings.found[name] = number
            elif name in PLAIN:
                settings.skipped[name] = "its value is no plain number"
    return settings


def _read(settings: ClassSettings, name: str, kind: str, call: ast.Call, above: ast.expr | None) -> None:
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    optimize = given.get("optimize")
    if isinstance(optimize, ast.Constant) and optimize.value is False:
        settings.skipped[name] = "optimize=False"
        return
    load = given.get("load")
    if isinstance(load, ast.Constant) and load.value is False:
        above = None
    default = above if above is not None else given.get("default")
    if kind == "CategoricalParameter":
        _read_choices(
            settings, name, [*call.args, *[given[n] for n in ("categories",) if n in given]], default
        )
        return
    number = number_of(default) if default is not None else True if kind == "BooleanParameter" else None
    if number is None or kind not in (*_NUMERIC, "BooleanParameter"):
        settings.skipped[name] = "its default is no plain value"
        return
    settings.found[name] = number
    if kind not in _NUMERIC:
        return
    limits = _limits(call, given)
    if limits is not None:
        settings.bounds[name] = limits
    if kind != "IntParameter":
        settings.found[name] = float(number)
    if kind == "DecimalParameter":
        decimals = number_of(given["decimals"]) if "decimals" in given else _DECIMALS
        settings.decimals[name] = int(decimals if decimals is not None else _DECIMALS)


def _read_choices(
    settings: ClassSettings, name: str, given: Sequence[ast.expr], default: ast.expr | None
) -> None:
    elements = given[0].elts if given and isinstance(given[0], ast.List | ast.Tuple) else []
    values = [_plain(element) for element in elements]
    first = default if default is not None else elements[0] if elements else None
    value = _plain(first) if first is not None else None
    if len(values) < 2 or any(v is None for v in values) or value not in values:
        settings.skipped[name] = "its categories are no plain values"
        return
    settings.found[name], settings.choices[name] = value, tuple(values)


def _plain(node: ast.expr) -> Setting:
    """A number, a truth value or a text; None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else number_of(node)


def _limits(call: ast.Call, given: Mapping[str, ast.expr]) -> tuple[float, float] | None:
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
