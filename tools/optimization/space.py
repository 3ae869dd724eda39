"""The numbers that may be searched: the defaults of the system's settings, and a range around each.

They are read from the source, not by running it: fields of the class (or arguments of its ``__init__``, or of the function) that
``[strategy] params`` names, with a plain number or truth value as default.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from sandbox.host.contracts import Setting
from tools.analysis.study import Study
from tools.contracts import MendelError
from tools.optimization.freqtrade_space import ClassSettings, read_line
from tools.optimization.numbers import number_of

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

#: A range that nobody gave: from the default divided by this to the default times this.
SPREAD = 2.5
#: Significant digits of a searched fraction: the patch is read by people, and near duplicates become duplicates.
DIGITS = 3


#: What holds the settings in the source.
Owner = ast.ClassDef | ast.FunctionDef | ast.Dict


#: Kinds whose class holds its own settings, as attributes.
_OWN_SETTINGS = ("freqtrade", "backtesting")


class SpaceError(MendelError):
    """A parameter that cannot be searched as asked."""


@dataclass(frozen=True)
class Param:
    """``kind`` is int, float, bool or choice. ``low`` and ``high`` are inclusive; ``log``: searched by its logarithm;
    ``choices`` are the values of a choice; a fraction is rounded to ``decimals`` where they are given."""

    name: str
    kind: str
    default: Setting
    low: float
    high: float
    choices: tuple[Setting, ...] = ()
    decimals: int | None = None

    @property
    def ordered(self) -> bool:
        """Whether it is a number between two ends."""
        return self.kind in ("int", "float")

    @property
    def log(self) -> bool:
        """Whether steps are ratios."""
        return self.ordered and self.low > 0 and self.high / self.low >= 4

    def distribution(self) -> BaseDistribution:
        """As optuna takes it."""
        from optuna import distributions as d

        if self.kind == "bool":
            return d.CategoricalDistribution([False, True])
        if self.kind == "choice":
            return d.CategoricalDistribution(self.choices)
        if self.kind == "int":
            return d.IntDistribution(int(self.low), int(self.high), log=self.log)
        return d.FloatDistribution(self.low, self.high, log=self.log)

    def clean(self, value: Any) -> Setting:
        """The value as it is run and written. Raises SpaceError for what is none of the choices."""
        if self.kind == "bool":
            return bool(value)
        if self.kind == "choice":
            if value not in self.choices:
                raise SpaceError(f"{self.name} = {value!r}: use one of {', '.join(map(repr, self.choices))}")
            return self.choices[self.choices.index(value)]
        if self.kind == "int":
            return int(float(f"{float(value):.0f}"))
        if self.decimals is not None:
            return round(float(value), self.decimals)
        return float(f"{float(value):.{DIGITS}g}")

    def unit(self, value: Any) -> float:
        """The value's place in its range, 0 to 1."""
        from math import log

        if self.kind == "bool":
            return float(bool(value))
        if self.kind == "choice":
            return self.choices.index(value) / (len(self.choices) - 1)
        if self.high <= self.low:
            return 0.0
        if self.log:
            return log(max(float(value), 1e-300) / self.low) / log(self.high / self.low)
        return (float(value) - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Space:
    """``skipped`` says why a setting is not searched. ``homes`` are (file, class) of those that another class than the
    owner writes."""

    params: tuple[Param, ...]
    file: str
    owner: str
    skipped: Mapping[str, str]
    homes: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def defaults(self) -> dict[str, Setting]:
        """The system's own values."""
        return {p.name: p.default for p in self.params}

    @property
    def digest(self) -> str:
        """sha256, hex: two searches of the same settings in the same ranges have the same."""
        rows = [
            [p.name, p.kind, p.low, p.high, *p.choices] for p in sorted(self.params, key=lambda p: p.name)
        ]
        return hashlib.sha256(json.dumps([self.owner, rows]).encode()).hexdigest()

    def holds(self, values: Mapping[str, Setting]) -> bool:
        """Whether every value is in its range; the system's own need not be."""
        return all(not p.ordered or p.low <= float(values[p.name] or 0) <= p.high for p in self.params)

    def clean(self, values: Mapping[str, Any]) -> dict[str, Setting]:
        """Every parameter, as it is run; those that are not given are the system's own. SpaceError for unknown names."""
        known = {p.name: p for p in self.params}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise SpaceError(f"no parameter {', '.join(unknown)}: use {', '.join(known)}")
        return {n: p.clean(values.get(n, p.default)) if n in values else p.default for n, p in known.items()}

    def unit(self, values: Mapping[str, Any]) -> list[float]:
        """A point of the unit cube."""
        return [p.unit(values[p.name]) for p in self.params]


def space_of(study: Study, wanted: Sequence[str] = ()) -> Space:
    """The search space of a study's system. ``wanted`` are names, each with a range if it likes (``min_score=4..8``);
    empty = every setting with a usable default. Raises SpaceError."""
    target = _target(study)
    file, node = _owner(study, target)
    settings = _settings(study, file, node)
    found, skipped, ranges = settings.found, settings.skipped, settings.bounds
    asked = dict(_asked(text) for text in wanted)
    unknown = sorted(set(asked) - set(found) - set(skipped))
    if unknown:
        raise SpaceError(f"no setting {', '.join(unknown)} in {file}: use {', '.join(found)}")
    for name, given in asked.items():
        low, high = ranges.get(name) or (float("-inf"), float("inf"))
        if given is not None and not low <= given[0] < given[1] <= high:
            raise SpaceError(
                f"--param {name}={given[0]:g}..{given[1]:g}: {file}: {name} is from {low:g} to {high:g}"
            )
    params, why = [], dict(skipped)
    for name in asked or found:
        if name in settings.choices and name not in why:
            made: Param | str = Param(name, "choice", found[name], 0, 1, settings.choices[name])
        else:
            made = _param(name, found.get(name), asked.get(name) or ranges.get(name), why.get(name, ""))
        if isinstance(made, str):
            why[name] = made
        else:
            params.append(replace(made, decimals=settings.decimals.get(name)))
    refused = [f"{n} ({why[n]})" for n in asked if n in why]
    if refused or not params:
        raise SpaceError(
            f"cannot be searched: {', '.join(refused) or f'no setting in {file} is a number'}; name others by --param"
        )
    return Space(tuple(params), file, target, why, settings.homes)


def _settings(study: Study, file: str, node: Owner) -> ClassSettings:
    if isinstance(node, ast.ClassDef) and study.system.config.strategy.kind in _OWN_SETTINGS:
        beside = str(PurePosixPath(file).with_suffix(".json"))
        return read_line(study.tree, file, node, study.store.sources(study.bundle).get(beside))
    found, skipped = _read(node)
    return ClassSettings(dict(found), skipped=skipped)


def settings_place(study: Study) -> tuple[str, str]:
    """(file, name) of the class or function that makes the settings. Raises SpaceError."""
    target = _target(study)
    file, node = _owner(study, target)
    if isinstance(node, ast.Dict):
        raise SpaceError(
            f"[strategy] params = {target!r}: a table has no place for a new setting; make it a class"
        )
    return file, node.name


def _target(study: Study) -> str:
    """What makes the settings: some kinds of strategy hold their own."""
    strategy = study.system.config.strategy
    target = strategy.target if strategy.kind in _OWN_SETTINGS else strategy.params
    if target is None:
        raise SpaceError(
            "the strategy has no settings: name what makes them as [strategy] params in mendel.toml"
        )
    return target


def _owner(study: Study, target: str) -> tuple[str, Owner]:
    """What makes the settings: a class, a function, or a table such as ``CONFIG = {...}`` at the top of a module."""
    module, _, name = target.partition(":")
    file = study.tree.by_module(module)
    if file is not None:
        tables = (table for statement in file.tree.body if (table := _table(statement, name)) is not None)
        made = (n for n in ast.walk(file.tree) if isinstance(n, ast.ClassDef | ast.FunctionDef))
        node: Owner | None = next((n for n in made if n.name == name), None) or next(tables, None)
        if node is not None:
            return file.path, node
    raise SpaceError(f"[strategy] params = {target!r}: not found in the source; correct mendel.toml")


def _table(statement: ast.stmt, name: str) -> ast.Dict | None:
    """The table that a statement gives this name."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
    value = getattr(statement, "value", None)
    return value if named and isinstance(value, ast.Dict) else None


def _read(node: Owner) -> tuple[dict[str, float | int | bool], dict[str, str]]:
    """(name -> default, name -> why it is none)."""
    found: dict[str, float | int | bool] = {}
    skipped: dict[str, str] = {}
    for name, value in _defaults(node):
        number = number_of(value)
        if number is None:
            skipped[name] = "its default is no plain number"
        else:
            found[name] = number
    return found, skipped


def _defaults(node: Owner) -> list[tuple[str, ast.expr]]:
    if isinstance(node, ast.Dict):
        entries = zip(node.keys, node.values, strict=True)
        return [(k.value, v) for k, v in entries if isinstance(k, ast.Constant) and isinstance(k.value, str)]
    if isinstance(node, ast.ClassDef):
        fields = [
            (n.target.id, n.value)
            for n in node.body
            if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name) and n.value is not None
        ]
        makers = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
        return fields if fields or not makers else _defaults(makers[0])
    args = [*node.args.posonlyargs, *node.args.args]
    plain = list(
        zip([a.arg for a in args[len(args) - len(node.args.defaults) :]], node.args.defaults, strict=True)
    )
    named = zip([a.arg for a in node.args.kwonlyargs], node.args.kw_defaults, strict=True)
    return plain + [(name, value) for name, value in named if value is not None]


def _asked(text: str) -> tuple[str, tuple[float, float] | None]:
    name, equals, bounds = text.partition("=")
    if not equals:
        return name.strip(), None
    low, dots, high = bounds.partition("..")
    try:
        edges = float(low), float(high)
    except ValueError:
        edges = (1.0, 0.0)
    if not dots or not edges[0] < edges[1]:
        raise SpaceError(f"--param {text!r}: write name, or name=low..high with low below high")
    return name.strip(), edges


def _param(name: str, default: Setting, bounds: tuple[float, float] | None, why: str) -> Param | str:
    """The parameter, or why it cannot be one."""
    if default is None or isinstance(default, str):
        return why
    if isinstance(default, bool):
        return Param(name, "bool", default, 0, 1)
    kind = "int" if isinstance(default, int) else "float"
    if bounds is None:
        if default == 0:
            return "0 tells no range: give one as name=low..high"
        bounds = (default / SPREAD, default * SPREAD) if default > 0 else (default * SPREAD, default / SPREAD)
    low, high = bounds
    if kind == "int":
        low, high = float(round(low)), float(round(high))
        low = max(low, 1.0) if default >= 1 and low <= 0 < default and bounds[0] > 0 else low
    return Param(name, kind, default, low, high)
