"""Where new logic can go in: a function that scores both sides, or the masks of entries in the strategy itself."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tools.analysis.study import Study
from tools.evolution.enhancement.base import EnhancementError

SCORE_WORDS = ("score", "points", "rating", "strength", "confidence", "conviction")
SIDES = (("long", "buy", "bull", "up"), ("short", "sell", "bear", "down"))
ENTRIES = {"enter_long": 1, "enter_short": -1}


@dataclass(frozen=True)
class Site:
    """``kind``: pair (a function that returns the scores for a long and a short), table (one that returns a DataFrame with the
    columns long and short) or mask (assignments of entries). ``bars`` and ``params`` are the names these have there."""

    kind: str
    file: str
    function: str
    line: int
    bars: str
    params: str


def sites(study: Study) -> list[Site]:
    """Places, the best first: scores that the strategy itself asks for, other scores, then the entries.

    Raises EnhancementError where the strategy has no settings or takes none."""
    target = _target(study)
    names = [a.arg for a in (*target.args.posonlyargs, *target.args.args)][:2]
    if len(names) < 2 or study.system.config.strategy.params is None:
        raise EnhancementError(
            "the strategy takes no settings, so there is no place for a switch: give it some, and name them as [strategy] params"
        )
    called = {n.func.id for n in ast.walk(target) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    found = [site for site in _scores(study) if study.system.editable(site.file)]
    found.sort(key=lambda s: (s.function not in called, s.file, s.line))
    file, line = study.target_place
    if any(_entry(node) for node in ast.walk(target)) and study.system.editable(file):
        found.append(Site("mask", file, target.name, line, *names))
    return found


def _target(study: Study) -> ast.FunctionDef:
    file, line = study.target_place
    parsed = study.tree.by_module((study.system.config.strategy.target or ":").partition(":")[0])
    for node in ast.walk(parsed.tree) if parsed is not None else ():
        if isinstance(node, ast.FunctionDef) and node.lineno == line:
            return node
    raise EnhancementError(
        f"{file}:{line}: the strategy is no plain function; new logic is written into functions only"
    )


def _scores(study: Study) -> list[Site]:
    """Functions called after a score, that take bars and settings and return both sides."""
    target = _target(study)
    bars, params = (a.arg for a in (*target.args.posonlyargs, *target.args.args)[:2])
    found = []
    for file in study.tree.product():
        for node in file.tree.body:
            if not isinstance(node, ast.FunctionDef) or not any(w in node.name.lower() for w in SCORE_WORDS):
                continue
            arguments = {a.arg for a in node.args.args}
            kind = _returns(node)
            if kind and {bars, params} <= arguments:
                found.append(Site(kind, file.path, node.name, node.lineno, bars, params))
    return found


def _returns(function: ast.FunctionDef) -> str:
    """pair, table, or nothing where the function returns something else."""
    values = [n.value for n in ast.walk(function) if isinstance(n, ast.Return)]
    if values and all(isinstance(v, ast.Tuple) and _is_pair(v) for v in values):
        return "pair"
    if values and all(isinstance(v, ast.Call) and _has_sides(v) for v in values):
        return "table"
    return ""


def _is_pair(value: ast.Tuple) -> bool:
    if len(value.elts) != 2:
        return False
    texts = [ast.unparse(part).lower() for part in value.elts]
    return all(any(word in text for word in words) for text, words in zip(texts, SIDES, strict=True))


def _has_sides(value: ast.Call) -> bool:
    keys = {
        k.value for a in value.args if isinstance(a, ast.Dict) for k in a.keys if isinstance(k, ast.Constant)
    }
    return {"long", "short"} <= keys


def _entry(node: ast.AST) -> bool:
    """Whether a node gives an entry its value: ``out["enter_long"] = …`` or ``{"enter_long": …}``."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        index = node.targets[0].slice
        return isinstance(index, ast.Constant) and index.value in ENTRIES
    if isinstance(node, ast.Dict):
        return any(isinstance(k, ast.Constant) and k.value in ENTRIES for k in node.keys)
    return False
