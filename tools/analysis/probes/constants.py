"""Invariant: a number that is offered as a setting moves something.

Settings are not always fields of a class: constants of a module (``FEE_BPS = 6.0``) and entries of a table
(``CONFIG = {"hold": 288}``, ``dict(hold=288)``) are settings, too. One that nothing in the product reads is given other
values in a copy; when not one decision moves on the most and the least traded symbol, it is a knob connected to nothing.

False-positive risks: a number that only another program reads; a table that is read by names that are not in the source
(then everything in it is left alone). Tolerance: none, one decision acquits.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.host.contracts import Setting
from tools.analysis.probes.base import Conviction, TestPlan, make_finding
from tools.analysis.probes.settings import values_to_try
from tools.analysis.source import SourceFile
from tools.analysis.study import Study, differs
from tools.contracts import Finding, Severity

TEST_BARS = 3000
TABLE_WORDS = ("config", "params", "settings", "parameters", "cfg", "options", "thresholds", "defaults")


@dataclass(frozen=True)
class Number:
    """A number with a name at module level."""

    file: str
    name: str
    node: ast.Constant
    table: str = ""


class ConstantsProbe:
    """Constants and table entries that nothing reads."""

    name = "constant_sensitivity"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction for each number that nobody reads and that moves nothing."""
        known = {(s.file, s.line) for s in suspects if s.category == "unwired_setting"}
        unread = [n for n in numbers(study) if (n.file, n.node.lineno) not in known and not _read(study, n)]
        return [c for n in unread if (c := self._try(study, n)) is not None]

    def _try(self, study: Study, number: Number) -> Conviction | None:
        tried = values_to_try(number.node.value)
        if not tried:
            return None
        markets = study.sample(2)
        for value in tried:
            bundle = study.store.derive(study.bundle, {number.file: replaced(study, number, value)})
            for symbol, answer in study.runner.decide_many(bundle, markets).items():
                if answer.decisions is None or differs(study.decisions[symbol], answer.decisions).any():
                    return None
        bars = sum(len(m) for m in markets.values())
        shown = f"{number.table}[{number.name!r}]" if number.table else number.name
        evidence = {
            "probe": self.name,
            "setting": shown,
            "tried": tried,
            "symbols": list(markets),
            "bars": bars,
            "decisions_changed": 0,
        }
        text = f"`{shown}` is offered as a setting but nothing reads it: {tried} give the same decisions on all {bars:,} bars tried."
        finding = make_finding(
            "unwired_setting", Severity.MEDIUM, (number.file, number.node.lineno, shown), text, evidence
        )
        symbol = next(iter(markets))
        arguments = {"file": number.file, "name": number.name, "tried": tried}
        bars = min(TEST_BARS, len(markets[symbol]))
        return Conviction(finding, TestPlan("constant", symbol, 0, bars, arguments))


def numbers(study: Study) -> Iterator[Number]:
    """Upper-case module constants, and the entries of module tables whose name says settings."""
    params = (study.system.config.strategy.params or ":").partition(":")[2]
    for file in study.tree.product():
        if file.path not in study.architecture.relevant or not study.system.editable(file.path):
            continue
        for statement in file.tree.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                yield from _numbers(file, statement.targets[0].id, statement.value, params)
            elif (
                isinstance(statement, ast.AnnAssign)
                and isinstance(statement.target, ast.Name)
                and statement.value
            ):
                yield from _numbers(file, statement.target.id, statement.value, params)


def _numbers(file: SourceFile, name: str, value: ast.expr, params: str) -> Iterator[Number]:
    if isinstance(value, ast.Constant):
        if name.isupper() and not name.startswith("_") and _knob(value):
            yield Number(file.path, name, value)
        return
    if name != params and not name.lower().endswith(TABLE_WORDS):
        return
    for key, item in _entries(value):
        if isinstance(item, ast.Constant) and _knob(item):
            yield Number(file.path, key, item, name)


def _entries(value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(value, ast.Dict):
        for key, item in zip(value.keys, value.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, item
    elif isinstance(value, ast.Call) and getattr(value.func, "id", "") in ("dict", "SimpleNamespace"):
        yield from ((k.arg, k.value) for k in value.keywords if k.arg)


def _knob(value: ast.Constant) -> bool:
    return isinstance(value.value, int | float)


def _read(study: Study, number: Number) -> bool:
    """Whether some product code reads it: by its name, or by a key or attribute of that name; a table whose items are
    taken by computed names is read throughout."""
    for file in study.tree.product():
        for node in ast.walk(file.tree):
            if number.table:
                if (
                    isinstance(node, ast.Constant)
                    and node.value == number.name
                    and not _is_key(file, node, number)
                ):
                    return True
                if isinstance(node, ast.Attribute) and node.attr == number.name:
                    return True
            elif (
                isinstance(node, ast.Name) and node.id == number.name and isinstance(node.ctx, ast.Load)
            ) or (isinstance(node, ast.Attribute) and node.attr == number.name):
                return True
            elif isinstance(node, ast.alias) and node.name == number.name and file.path != number.file:
                continue
    return bool(number.table) and _computed(study, number.table)


def _is_key(file: SourceFile, node: ast.Constant, number: Number) -> bool:
    """Whether a text is the entry's own key, which stands on the same line in front of the number."""
    return (
        file.path == number.file
        and node.lineno == number.node.lineno
        and node.col_offset < number.node.col_offset
    )


def _computed(study: Study, table: str) -> bool:
    """``TABLE[name]`` with a variable, ``TABLE.items()``, ``f(**TABLE)``."""
    for file in study.tree.product():
        for node in ast.walk(file.tree):
            if getattr(getattr(node, "value", None), "id", "") != table:
                continue
            if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
                return True
            if isinstance(node, ast.Attribute) and node.attr in ("items", "values", "keys"):
                return True
    return False


def replaced(study: Study, number: Number, value: Setting) -> str:
    """The file with another number."""
    tree = ast.parse(study.tree.files[number.file].text)
    place = (number.node.lineno, number.node.col_offset)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and (node.lineno, node.col_offset) == place:
            node.value = value
    return ast.unparse(tree)
