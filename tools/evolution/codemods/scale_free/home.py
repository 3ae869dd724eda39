"""Where a threshold's number lives: in the condition, in a module constant or in a field of a config class."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Home:
    """``kind``: field (of class ``owner`` in ``file``), module (constant in ``file``) or literal. ``access`` is how
    the condition reaches it (``params.floor``); ``alias`` is the local name in between, where there is one."""

    kind: str
    file: str = ""
    owner: str = ""
    name: str = ""
    access: str = ""
    alias: str = ""


LITERAL = Home("literal")


def _trees(sources: Mapping[str, str]) -> Iterator[tuple[str, ast.Module]]:
    for file, text in sources.items():
        try:
            yield file, ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            continue  # a file that does not parse holds no home that could be edited


def _assigned(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id if statement.value is not None else None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None


def _fields(sources: Mapping[str, str], name: str) -> list[tuple[str, str]]:
    return [
        (file, node.name)
        for file, tree in _trees(sources)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(_assigned(s) == name for s in node.body)
    ]


def _constants(sources: Mapping[str, str], name: str) -> list[str]:
    return [file for file, tree in _trees(sources) if any(_assigned(s) == name for s in tree.body)]


def _function(tree: ast.Module, dotted: str) -> ast.FunctionDef | None:
    wanted = dotted.split(".")[-1]
    found = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == wanted]
    return found[0] if len(found) == 1 else None


def _alias(function: ast.FunctionDef | None, name: str) -> ast.expr | None:
    """What a local name stands for, where it is assigned exactly once."""
    if function is None:
        return None
    values = [
        s.value
        for s in ast.walk(function)
        if isinstance(s, (ast.Assign, ast.AnnAssign)) and _assigned(s) == name and s.value is not None
    ]
    return values[0] if len(values) == 1 else None


def _parameters(function: ast.FunctionDef | None) -> set[str]:
    if function is None:
        return set()
    every = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return {a.arg for a in every}


def find_home(sources: Mapping[str, str], file: str, function: str, constant: str) -> Home:
    """The home of the number in ``constant`` (source text, as it stands in ``function`` of ``file``)."""
    tree = ast.parse(sources[file])
    inside = _function(tree, function)
    if any(isinstance(node, ast.Subscript) for node in ast.walk(ast.parse(constant.strip(), mode="eval"))):
        return LITERAL  # an entry of a table: what else the table holds is not known
    for node in ast.walk(ast.parse(constant.strip(), mode="eval")):
        home = _home_of(sources, file, inside, node)
        if home is not None:
            return home
    return LITERAL


def _home_of(
    sources: Mapping[str, str], file: str, inside: ast.FunctionDef | None, node: ast.AST, alias: str = ""
) -> Home | None:
    if isinstance(node, ast.Attribute):
        owners = _fields(sources, node.attr)
        if len(owners) == 1:
            return Home("field", owners[0][0], owners[0][1], node.attr, ast.unparse(node), alias)
        holders = _constants(sources, node.attr)
        return (
            Home("module", holders[0], "", node.attr, ast.unparse(node), alias) if len(holders) == 1 else None
        )
    if not isinstance(node, ast.Name):
        return None
    meant = _alias(inside, node.id)
    if meant is not None and not alias:
        return _home_of(sources, file, inside, meant, node.id)
    if node.id in _parameters(inside) or meant is not None:
        return None
    holders = _constants(sources, node.id)
    if file in holders:
        return Home("module", file, "", node.id, node.id, alias)
    return Home("module", holders[0], "", node.id, node.id, alias) if len(holders) == 1 else None


def references(sources: Mapping[str, str], home: Home) -> int:
    """How often the rest of the system speaks of the name: attribute, name, keyword or text (getattr)."""
    spoken = sum(_speaks(node, home.name) for _, tree in _trees(sources) for node in ast.walk(tree))
    return spoken - len(_chosen_above(sources, home))


def _chosen_above(sources: Mapping[str, str], home: Home) -> list[ast.Constant]:
    """Keys of tables of chosen values (freqtrade's ``buy_params``) in the class that holds the number."""
    trees = dict(_trees(sources))
    if home.kind != "field" or home.file not in trees:
        return []
    tables = [
        statement.value
        for node in ast.walk(trees[home.file])
        if isinstance(node, ast.ClassDef) and node.name == home.owner
        for statement in node.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        and (_assigned(statement) or "").endswith("_params")
    ]
    keys = [key for table in tables if isinstance(table, ast.Dict) for key in table.keys]
    return [key for key in keys if isinstance(key, ast.Constant) and key.value == home.name]


def _speaks(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == name
    if isinstance(node, ast.Name):
        return node.id == name and isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.keyword):
        return node.arg == name
    return isinstance(node, ast.Constant) and node.value == name
