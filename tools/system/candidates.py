"""Functions that could be the strategy, found in syntax trees: nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from tools.contracts import DECISION_COLUMNS

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
_PARAMS_ENDINGS = ("params", "parameters", "config", "settings")
#: Points below which a function is not taken for a strategy; see ``_score``.
_ENOUGH = 4

Function = ast.FunctionDef


@dataclass(frozen=True)
class Candidate:
    """A function that could be the strategy. ``params`` is what makes its second argument, None when it takes
    the bars alone; ``doubt`` says what could not be found out about it."""

    target: str
    params: str | None
    file: str
    line: int
    score: int
    doubt: str = ""


@dataclass(frozen=True)
class Module:
    """One parsed file below the folder that imports start from."""

    name: str
    file: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        return self.name if self.file.endswith("__init__.py") else self.name.rpartition(".")[0]


def module_name(rel: str) -> str | None:
    """The dotted name under which a file is imported, None where its path holds what no import can name."""
    parts = list(PurePosixPath(rel).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


def find_candidates(modules: Mapping[str, Module]) -> list[Candidate]:
    """Every function that could be the strategy, the likeliest first."""
    found = [
        _candidate(module, function, score, modules)
        for module in modules.values()
        for function in _functions(module.tree)
        if (score := _score(function)) >= _ENOUGH
    ]
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.target))


def candidate_named(target: str, modules: Mapping[str, Module]) -> Candidate | None:
    """The function that ``module:name`` names, None where there is none."""
    module_text, _, name = target.partition(":")
    module = modules.get(module_text)
    functions = _functions(module.tree) if module else iter(())
    function = next((found for found in functions if found.name == name), None)
    return _candidate(module, function, 0, modules) if module and function else None


def find_other_kinds(modules: Mapping[str, Module]) -> list[str]:
    """Classes of other libraries' strategies, as ``module:Name (freqtrade)``."""
    kinds = {"IStrategy": "freqtrade", "Strategy": "backtesting"}
    return [
        f"{module.name}:{node.name} ({kinds[_last_name(base)]})"
        for module in modules.values()
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if _last_name(base) in kinds
    ]


def _functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in tree.body if isinstance(node, ast.FunctionDef))


def _score(function: Function) -> int:
    """How much a function looks like ``f(bars, params) -> decisions``; 0 where it cannot be called so."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    required = len(arguments) - len(function.args.defaults)
    needs_keyword = any(default is None for default in function.args.kw_defaults)
    if not arguments or required > 2 or needs_keyword:
        return 0
    looks_like_bars = arguments[0].arg in _BAR_NAMES or _last_name(arguments[0].annotation) == "DataFrame"
    score = 3 * (function.name in _USUAL_NAMES) + 2 * looks_like_bars
    score += 3 * bool(_written(function) & _ENTRIES) + (_last_name(function.returns) == "DataFrame")
    return score - 3 * function.name.startswith("_")


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
    params, doubt = _params_of(module, function, modules)
    return Candidate(f"{module.name}:{function.name}", params, module.file, function.lineno, score, doubt)


def _params_of(module: Module, function: Function, modules: Mapping[str, Module]) -> tuple[str | None, str]:
    """What makes the second argument, and what is in doubt about that."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    if len(arguments) < 2:
        return None, ""
    required = len(arguments) - len(function.args.defaults)
    default = function.args.defaults[1 - required] if required < 2 else None
    for hint in (_class_in(arguments[1].annotation), _called(default)):
        found = _locate(hint, module, modules)
        if found is not None:
            return found, ""
    if default is not None:
        return None, ""
    likely = _likely_params(modules)
    if len(likely) == 1:
        return likely[0], ""
    some = f"; could be {', '.join(likely[:5])}" if likely else ""
    return None, f"what makes its argument {arguments[1].arg!r} is not clear{some}"


def _class_in(annotation: ast.expr | None) -> ast.expr | None:
    """The class in ``C``, ``"C"``, ``C | None`` or ``Optional[C]``."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        name = annotation.value.strip()
        return ast.Name(name) if name.isidentifier() else None
    if isinstance(annotation, ast.BinOp):
        return _class_in(annotation.left)
    if isinstance(annotation, ast.Subscript) and _last_name(annotation.value) == "Optional":
        return _class_in(annotation.slice)
    return annotation


def _called(default: ast.expr | None) -> ast.expr | None:
    """``C`` in a default ``C()``."""
    return default.func if isinstance(default, ast.Call) else None


def _locate(hint: ast.expr | None, module: Module, modules: Mapping[str, Module]) -> str | None:
    """``module:Name`` of a class of the system that an expression in ``module`` names."""
    if isinstance(hint, ast.Name):
        owner, name = _imports(module).get(hint.id, (module.name, hint.id))
    elif isinstance(hint, ast.Attribute) and isinstance(hint.value, ast.Name):
        owner, inner = _imports(module).get(hint.value.id, (hint.value.id, ""))
        owner, name = f"{owner}.{inner}".strip("."), hint.attr
    else:
        return None
    return f"{owner}:{name}" if owner in modules and name in _classes(modules[owner].tree) else None


def _imports(module: Module) -> dict[str, tuple[str, str]]:
    """Name in the module -> (module it comes from, name there; empty for a module itself)."""
    found: dict[str, tuple[str, str]] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            above = (
                module.package.split(".")[: len(module.package.split(".")) - node.level + 1]
                if node.level
                else []
            )
            source = ".".join([*above, *([node.module] if node.module else [])])
            found.update({alias.asname or alias.name: (source, alias.name) for alias in node.names})
        elif isinstance(node, ast.Import):
            found.update({alias.asname or alias.name: (alias.name, "") for alias in node.names})
    return found


def _likely_params(modules: Mapping[str, Module]) -> list[str]:
    return [
        f"{module.name}:{name}"
        for module in modules.values()
        for name in sorted(_classes(module.tree))
        if name.lower().endswith(_PARAMS_ENDINGS)
    ]


def _classes(tree: ast.Module) -> set[str]:
    return {node.name for node in tree.body if isinstance(node, ast.ClassDef)}


def _last_name(node: ast.expr | None) -> str:
    """``DataFrame`` of ``pd.DataFrame``, ``DataFrame`` or ``"pd.DataFrame"``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.rpartition(".")[2]
    return node.id if isinstance(node, ast.Name) else ""
