"""Functions and classes that could be a ``signals`` strategy, found in syntax trees: nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.contracts import DECISION_COLUMNS
from tools.system.modules import Module, last_name
from tools.system.params import params_of

_ENTRIES = frozenset(DECISION_COLUMNS[:4])
_USUAL_NAMES = frozenset(
    [
        "signals",
        "generate_signals",
        "get_signals",
        "make_signals",
        "compute_signals",
        "populate_signals",
        "strategy",
        "decide",
        "decisions",
    ]
)
_BAR_NAMES = frozenset(["bars", "df", "data", "candles", "frame", "dataframe", "ohlcv", "prices", "market"])
#: Methods of a class that are asked for decisions, in this order.
_METHODS = ("signals", "generate", "__call__")
#: Points below which a function is not taken for a strategy; see ``_score``.
_ENOUGH = 4

Function = ast.FunctionDef


@dataclass(frozen=True)
class Candidate:
    """What could be the strategy. ``params`` is what makes its second argument, None when it takes
    the bars alone; ``doubt`` says what could not be found out about it."""

    target: str
    params: str | None
    file: str
    line: int
    score: int
    doubt: str = ""
    kind: str = "signals"
    #: Length of a bar that the strategy itself names, such as 5m.
    timeframe: str | None = None
    #: What of the class is not followed when it is run, a sentence each.
    unfollowed: tuple[str, ...] = ()


def find_candidates(modules: Mapping[str, Module]) -> list[Candidate]:
    """Every function, and every class with a method, that could be the strategy, the likeliest first."""
    found = [
        _candidate(module, function, score, modules)
        for module in modules.values()
        for function in _functions(module.tree)
        if (score := _score(function)) >= _ENOUGH
    ]
    found += [
        _class_candidate(module, node, score, modules)
        for module in modules.values()
        for node in module.tree.body
        if isinstance(node, ast.ClassDef) and (score := _class_score(node, modules)) >= _ENOUGH
    ]
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.target))


def near_misses(modules: Mapping[str, Module]) -> list[str]:
    """Functions that are called like a strategy and cannot be called like one: ``a:signals wants df, fast, slow``."""
    return [
        f"{module.name}:{function.name} wants {', '.join(wants)}"
        for module in modules.values()
        for function in _functions(module.tree)
        if function.name in _USUAL_NAMES and len(wants := _required(function)) > 2
    ]


def candidate_named(target: str, modules: Mapping[str, Module]) -> Candidate | None:
    """The function, class or variable that ``module:name`` names, None where there is none."""
    module_text, _, name = target.partition(":")
    module = modules.get(module_text)
    if module is None:
        return None
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return _candidate(module, node, 0, modules)
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _class_candidate(module, node, 0, modules)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(t, ast.Name) and t.id == name for t in targets) and isinstance(
            node, ast.Assign | ast.AnnAssign
        ):
            doubt = "it is made when the module is imported: what its second argument is cannot be read"
            return Candidate(target, None, module.file, node.lineno, 0, doubt)
    return None


def _functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in tree.body if isinstance(node, ast.FunctionDef))


def _score(function: Function) -> int:
    """How much a function looks like ``f(bars, params) -> decisions``; 0 where it cannot be called so."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    required = len(arguments) - len(function.args.defaults)
    needs_keyword = any(default is None for default in function.args.kw_defaults)
    if not arguments or required > 2 or needs_keyword:
        return 0
    looks_like_bars = arguments[0].arg in _BAR_NAMES or last_name(arguments[0].annotation) == "DataFrame"
    score = 3 * (function.name in _USUAL_NAMES) + 2 * looks_like_bars
    score += (last_name(function.returns) == "DataFrame") - 3 * function.name.startswith("_")
    if score + 3 < _ENOUGH:
        return score  # whatever its body writes: a large system has many bodies
    return score + 3 * bool(_written(function) & _ENTRIES)


def _written(function: Function) -> set[str]:
    """Column names that a function assigns, puts into a table literal or passes as keywords."""
    found: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            found |= _texts(node.slice)
        elif isinstance(node, ast.Dict):
            found |= {text for key in node.keys if key is not None for text in _texts(key)}
        elif isinstance(node, ast.Call):
            found |= {keyword.arg for keyword in node.keywords if keyword.arg}
    return found


def _texts(node: ast.expr) -> set[str]:
    """The string literals in a subscript: ``"a"``, ``["a", "b"]`` or ``mask, "a"``."""
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def _candidate(module: Module, function: Function, score: int, modules: Mapping[str, Module]) -> Candidate:
    params, doubt = params_of(module, function, modules)
    return Candidate(f"{module.name}:{function.name}", params, module.file, function.lineno, score, doubt)


def _class_score(node: ast.ClassDef, modules: Mapping[str, Module]) -> int:
    """The score of the method that would be asked; an abstract class, or one that others inherit from, is less likely."""
    method = _method(node)
    if method is None:
        return 0
    parent = any(
        last_name(base) == node.name
        for module in modules.values()
        for other in module.tree.body
        if isinstance(other, ast.ClassDef)
        for base in other.bases
    )
    return _score(_without_self(method)) - 4 * parent


def _class_candidate(
    module: Module, node: ast.ClassDef, score: int, modules: Mapping[str, Module]
) -> Candidate:
    method, made = _method(node), _own_method(node, "__init__")
    params, doubt = params_of(module, _without_self(method), modules) if method else (None, "")
    wants = _required(made)[1:] if made else []
    if made and len(wants) <= 1 and len(made.args.args) > 1:
        params, doubt = params_of(module, made, modules)
        doubt = doubt if wants else ""
    elif len(wants) > 1:
        params = None
        doubt = f"its __init__ wants {', '.join(wants)}: give them defaults, or write a function(bars, params) that makes it"
    return Candidate(f"{module.name}:{node.name}", params, module.file, node.lineno, score, doubt)


def _method(node: ast.ClassDef) -> Function | None:
    return next((found for name in _METHODS if (found := _own_method(node, name))), None)


def _own_method(node: ast.ClassDef, name: str) -> Function | None:
    return next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == name), None)


def _required(function: Function) -> list[str]:
    """Names of the positional arguments without a default."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    return [argument.arg for argument in arguments[: len(arguments) - len(function.args.defaults)]]


def _without_self(function: Function) -> Function:
    """The method as it is called on an instance."""
    own = function.args
    positional, rest = (own.posonlyargs[1:], own.args) if own.posonlyargs else ([], own.args[1:])
    bound = ast.arguments(
        positional, rest, own.vararg, own.kwonlyargs, own.kw_defaults, own.kwarg, own.defaults
    )
    return ast.FunctionDef(function.name, bound, function.body, [], function.returns, lineno=function.lineno)
