"""Turn the setting that held a fixed number into the two that a scale-free condition needs."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import libcst as cst

from tools.evolution.codemods.scale_free.condition import Opener
from tools.evolution.codemods.scale_free.file_edit import FileEdit
from tools.evolution.codemods.scale_free.home import Home, references
from tools.evolution.codemods.scale_free.plan import Form

NOTES = {
    "rank": "# What passes is the busiest share of a market's own recent bars, whatever its size.",
    "usual": "# A multiple of a market's own usual size over its recent bars.",
}


def new_names(home: Home, form: Form) -> tuple[str, str]:
    """Names of the window and of the value, in the style of the old one."""
    endings = ("bars", "pass_share" if form == "rank" else "of_usual")
    names = [f"{home.name}_{e.upper() if home.name.isupper() else e}" for e in endings]
    return names[0], names[1]


def access(home: Home, form: Form) -> tuple[str, str]:
    """How a condition reaches the two: ``params.floor`` -> ``params.floor_bars``, ``params.floor_pass_share``."""
    prefix = home.access[: len(home.access) - len(home.name)]
    bars, value = new_names(home, form)
    return prefix + bars, prefix + value


def taken(sources: Mapping[str, str], home: Home, form: Form) -> bool:
    """Whether one of the new names is in use already."""
    return any(references(sources, Home(home.kind, name=name)) for name in new_names(home, form))


def replace_setting(
    opener: Opener, sources: Mapping[str, str], home: Home, used: int, form: Form, values: tuple[int, float]
) -> bool:
    """Define the two settings. The old one goes when nobody else speaks of it. Returns whether it went."""
    edit = opener(home.file)
    statement = _definition(edit, home)
    goes = references(sources, home) <= used
    names = new_names(home, form)
    kinds = (": int", ": float") if isinstance(_small(statement), cst.AnnAssign) else ("", "")
    texts = [f"{n}{k} = {v}" for n, k, v in zip(names, kinds, values, strict=True)]
    edit.edits[statement] = lambda node: _rewritten(node, texts, NOTES[form], goes)
    if goes and home.kind == "field":
        _drop_chosen(edit, home)
        _drop_import(edit, statement)
    if home.access == home.name:
        _rename_imports(opener, sources, home, names, goes)
    return goes


def _small(statement: cst.CSTNode) -> cst.BaseSmallStatement:
    assert isinstance(statement, cst.SimpleStatementLine)
    return statement.body[0]


def _definition(edit: FileEdit, home: Home) -> cst.SimpleStatementLine:
    for node in edit.positions:
        if not isinstance(node, cst.SimpleStatementLine):
            continue
        small = node.body[0]
        target = small.target if isinstance(small, cst.AnnAssign) else None
        if isinstance(small, cst.Assign):
            target = small.targets[0].target
        if not (isinstance(target, cst.Name) and target.value == home.name):
            continue
        owners = [
            n.name.value for n in edit.ancestors(node) if isinstance(n, (cst.ClassDef, cst.FunctionDef))
        ]
        if owners == ([home.owner] if home.kind == "field" else []):
            return node
    raise AssertionError(f"{home.file}: the definition of {home.name} has gone")


def _drop_chosen(edit: FileEdit, home: Home) -> None:
    """Take the old number out of the class's tables of chosen values (freqtrade's ``buy_params``)."""
    for node in edit.positions:
        if not isinstance(node, cst.Assign) or not isinstance(node.value, cst.Dict):
            continue
        target = node.targets[0].target
        owners = [n.name.value for n in edit.ancestors(node) if isinstance(n, cst.ClassDef | cst.FunctionDef)]
        if isinstance(target, cst.Name) and target.value.endswith("_params") and owners == [home.owner]:
            edit.edits[node.value] = lambda table: _without(table, home.name)


def _drop_import(edit: FileEdit, statement: cst.SimpleStatementLine) -> None:
    """``IntParameter`` is imported for nothing when the only parameter of its kind has gone."""
    value = getattr(_small(statement), "value", None)
    maker = value.func if isinstance(value, cst.Call) else None
    if not isinstance(maker, cst.Name):
        return
    name = maker.value
    if sum(isinstance(n, cst.Name) and n.value == name for n in edit.positions) > 2:
        return
    for node in edit.positions:
        if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar):
            continue
        if any(alias.evaluated_name == name for alias in node.names):
            line = edit.parents[node]
            if len(node.names) > 1:
                edit.edits[node] = lambda n: _import_names(n, name, (), True)
            elif isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
                edit.removed.add(line)


def _without(table: cst.CSTNode, name: str) -> cst.CSTNode:
    assert isinstance(table, cst.Dict)
    kept = [e for e in table.elements if not _has_key(e, name)]
    return table if len(kept) == len(table.elements) else table.with_changes(elements=kept)


def _has_key(element: cst.BaseDictElement, name: str) -> bool:
    key = element.key if isinstance(element, cst.DictElement) else None
    return isinstance(key, cst.SimpleString) and key.evaluated_value == name


def _rewritten(node: cst.CSTNode, texts: list[str], note: str, goes: bool) -> cst.CSTNode:
    assert isinstance(node, cst.SimpleStatementLine)
    lines = [cst.parse_statement(text) for text in texts]
    blanks = [line for line in node.leading_lines if line.comment is None]
    comment = cst.EmptyLine(comment=cst.Comment(note))
    if goes:
        first = lines[0].with_changes(leading_lines=[*blanks, comment])
        return cst.FlattenSentinel([first, lines[1]])  # type: ignore[return-value]
    first = lines[0].with_changes(leading_lines=[comment])
    return cst.FlattenSentinel([node, first, lines[1]])  # type: ignore[return-value]


def _rename_imports(
    opener: Opener, sources: Mapping[str, str], home: Home, names: tuple[str, str], goes: bool
) -> None:
    """``from settings import FLOOR`` brings the two new names along."""
    for file, text in sources.items():
        if file == home.file or home.name not in text or not _imports(text, home.name):
            continue
        edit = opener(file)
        for node in edit.positions:
            if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar):
                continue
            if any(alias.evaluated_name == home.name for alias in node.names):
                edit.edits[node] = lambda n: _import_names(n, home.name, names, goes)


def _imports(text: str, name: str) -> bool:
    tree = ast.parse(text)
    return any(isinstance(n, ast.ImportFrom) and any(a.name == name for a in n.names) for n in ast.walk(tree))


def _import_names(node: cst.CSTNode, old: str, names: tuple[str, ...], goes: bool) -> cst.CSTNode:
    assert isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar)
    kept = [
        a.with_changes(comma=cst.MaybeSentinel.DEFAULT)
        for a in node.names
        if not (goes and a.evaluated_name == old)
    ]
    added = [cst.ImportAlias(cst.Name(name)) for name in names]
    return node.with_changes(names=[*kept, *added])
