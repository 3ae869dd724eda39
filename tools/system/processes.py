"""Bots that are called bar by bar, ``process(dataset, portfolio_state) -> {"orders": [...]}``, found in syntax trees: nothing
is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tools.system.candidates import Candidate
from tools.system.modules import Module, last_name
from tools.system.params import params_of

_METHOD = "process"
_DATA_NAMES = frozenset(
    ("dataset", "data", "market_data", "market", "bars", "candles", "df", "snapshot", "ohlcv", "frame")
)
_STATE_NAMES = ("portfolio", "account", "positions")
_SETTINGS = ("params", "parameters", "config", "settings", "cfg")
#: Points below which a function or class is not taken for such a bot; see ``_score``.
_ENOUGH = 7

Classes = Mapping[str, tuple[Module, ast.ClassDef]]


def find_processes(modules: Mapping[str, Module]) -> list[Candidate]:
    """Every function and class that could be such a bot, the likeliest first; classes that others inherit from last."""
    classes = {n.name: (m, n) for m in modules.values() for n in m.tree.body if isinstance(n, ast.ClassDef)}
    found = [*_functions(modules), *_bots(modules, classes)]
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.target))


def _functions(modules: Mapping[str, Module]) -> Iterator[Candidate]:
    for module in modules.values():
        for node in module.tree.body:
            if isinstance(node, ast.FunctionDef) and (score := _score(node, [node], 0)) >= _ENOUGH:
                params, doubt = _settings_of(module, node, 2, modules)
                target = f"{module.name}:{node.name}"
                yield Candidate(target, params, module.file, node.lineno, score, doubt, "process")


def _bots(modules: Mapping[str, Module], classes: Classes) -> Iterator[Candidate]:
    parents = {last_name(base) for _, node in classes.values() for base in node.bases}
    for module in modules.values():
        for node in module.tree.body:
            line = _line(node, classes) if isinstance(node, ast.ClassDef) else []
            method = _method(line, _METHOD)
            if not isinstance(node, ast.ClassDef) or method is None or _abstract(line):
                continue
            score = _score(method, line, 1) + 1 - 3 * (node.name in parents)
            if score >= _ENOUGH:
                maker = _method(line, "__init__")
                params, doubt = _settings_of(module, maker, 1, modules) if maker else _fields_of(line)
                target = f"{module.name}:{node.name}"
                yield Candidate(target, params, module.file, node.lineno, score, doubt, "process")


def _score(function: ast.FunctionDef, bodies: list[ast.FunctionDef] | list[ast.ClassDef], skip: int) -> int:
    """How much it looks like such a bot: its name, its arguments (the first ``skip`` apart), and that orders are written."""
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)][skip:]
    required = len(names) - len(function.args.defaults)
    if not names or required > 3 or any(default is None for default in function.args.kw_defaults):
        return 0
    state = len(names) > 1 and (names[1] == "state" or any(word in names[1] for word in _STATE_NAMES))
    score = 3 * (function.name == _METHOD) + 2 * (names[0] in _DATA_NAMES) + 3 * state
    score -= 3 * function.name.startswith("_")
    if score + 3 < _ENOUGH:
        return score  # whatever its body writes: a large system has many bodies
    texts = {n.value for body in bodies for n in ast.walk(body) if isinstance(n, ast.Constant)}
    calls = {k.arg for body in bodies for n in ast.walk(body) if isinstance(n, ast.Call) for k in n.keywords}
    return score + 3 * bool({"orders"} & (texts | calls))


def _line(node: ast.ClassDef, classes: Classes) -> list[ast.ClassDef]:
    """The class and those of the system that it inherits from, itself first."""
    line, seen = [node], {node.name}
    for current in line:
        for base in current.bases:
            name = last_name(base)
            if name in classes and name not in seen:
                seen.add(name)
                line.append(classes[name][1])
    return line


def _method(line: list[ast.ClassDef], name: str) -> ast.FunctionDef | None:
    found = (n for c in line for n in c.body if isinstance(n, ast.FunctionDef) and n.name == name)
    return next(found, None)


def _abstract(line: list[ast.ClassDef]) -> bool:
    """Whether a method that nobody has written is left."""
    for name in {n.name for c in line for n in c.body if isinstance(n, ast.FunctionDef)}:
        method = _method(line, name)
        if method and any(last_name(mark) == "abstractmethod" for mark in method.decorator_list):
            return True
    process = _method(line, _METHOD)
    last = process.body[-1] if process else None
    return isinstance(last, ast.Raise) and last_name(_called(last.exc)) == "NotImplementedError"


def _called(node: ast.expr | None) -> ast.expr | None:
    return node.func if isinstance(node, ast.Call) else node


def _fields_of(line: list[ast.ClassDef]) -> tuple[None, str]:
    """A dataclass without ``__init__`` is made without settings; its fields then need defaults."""
    bare = [
        n.target.id
        for c in line
        if any(last_name(_called(mark)) == "dataclass" for mark in c.decorator_list)
        for n in c.body
        if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name) and n.value is None
    ]
    return None, f"its fields {', '.join(bare)} have no defaults" if bare else ""


def _settings_of(
    module: Module, function: ast.FunctionDef, place: int, modules: Mapping[str, Module]
) -> tuple[str | None, str]:
    """What makes the argument at ``place``, and what is in doubt: a class, or a table of the system."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    if len(arguments) <= place:
        return None, ""
    required = len(arguments) - len(function.args.defaults)
    alone = ast.FunctionDef(function.name, _only(arguments, place, function.args.defaults), [], [])
    params, doubt = params_of(module, alone, modules)
    if params is None and arguments[place].arg.lower().strip("_").endswith(_SETTINGS):
        tables = list(_tables(modules))
        own = [t for t in tables if t.startswith(f"{module.name}:")] or tables
        if len(own) == 1:
            return own[0], ""
    return params, doubt if place < required else ""


def _only(arguments: list[ast.arg], place: int, defaults: list[ast.expr]) -> ast.arguments:
    at = place - (len(arguments) - len(defaults))
    kept = [defaults[at]] if at >= 0 else []
    return ast.arguments([], [arguments[0], arguments[place]], None, [], [], None, kept)


def _tables(modules: Mapping[str, Module]) -> Iterator[str]:
    """Tables of settings, such as ``CONFIG = {...}``."""
    for module in modules.values():
        for node in module.tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.AnnAssign):
                targets = [node.target]
            names = [t.id for t in targets if isinstance(t, ast.Name)]
            if isinstance(getattr(node, "value", None), ast.Dict):
                yield from (f"{module.name}:{name}" for name in names if name.lower().endswith(_SETTINGS))
