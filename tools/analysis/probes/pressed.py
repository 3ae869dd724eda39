"""Ask a condition more often: hold open what stands before it.

A bot asks most of its conditions on few bars: what stands behind other gates is seen too rarely to tell whether it ever holds.
In a run on the same bars the tests around it, and the early exits before it, are held at the outcome that leads to it, in its
own function and in those that call it, and itself at the outcome that takes no position, so that it is asked again soon.
What it then compares are values of the market all the same; how it would have come out is told from the samples.

Only for conditions that were asked at all; a run that fails then tells nothing.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from tools.analysis.probes.outcomes import Seen, seen, stressed
from tools.analysis.probes.stress import stress_markets
from tools.analysis.silence.instrument import Condition
from tools.analysis.silence.rates import Rate, decode
from tools.analysis.study import Study

LEVELS = 3
#: What comes out as wanted on that share of the bars need not be held open.
USUAL = 0.6
LEAVING = (ast.Return, ast.Continue, ast.Raise, ast.Break)
COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
Place = tuple[str, tuple[int, int, int, int]]
#: What a function returns where it has nothing to say.
NOTHING = frozenset(
    [
        "None",
        "''",
        "0",
        "0.0",
        "False",
        "np.nan",
        "numpy.nan",
        "math.nan",
        "nan",
        "float('nan')",
        "[]",
        "{}",
        "()",
    ]
)

#: For the study at hand, by (slot, whether on the stress markets).
_KNOWN: dict[int, tuple[Study, dict[tuple[int, bool], dict[str, dict[int, Rate]]]]] = {}


def asked_often(study: Study, condition: Condition, enough: int, *, under_stress: bool = False) -> Seen:
    """The condition's counts, on the study's markets or on the stress markets; where it was asked less than ``enough``, those of
    a run in which it is asked more."""
    here = seen(stressed(study) if under_stress else study.rates, condition.slot)
    asked = here.asked if not under_stress else seen(study.rates, condition.slot).asked
    if not asked or here.asked >= enough:
        return here
    more = seen(_pressed(study, condition, under_stress), condition.slot)
    return here if more.asked <= here.asked else more


def _pressed(study: Study, condition: Condition, under_stress: bool) -> Mapping[str, Mapping[int, Rate]]:
    known = _KNOWN.get(id(study))
    if known is None or known[0] is not study:
        _KNOWN.clear()
        known = _KNOWN[id(study)] = (study, {})
    key = (condition.slot, under_stress)
    if key not in known[1]:
        markets = stress_markets(study.markets[study.by_activity[0]]) if under_stress else study.sample(2)
        forced = way_to(study, condition) | {condition.slot: filters(study, condition)}
        answers = {k: study.traced({m.symbol: m}, forced=forced)[m.symbol] for k, m in markets.items()}
        rates = {k: decode(a.outcome.trace) for k, a in answers.items() if a.decisions is not None}
        if len(rates) < len(markets):
            rates = {}  # what could not be tried everywhere proves nothing
        known[1][key] = {
            k: {condition.slot: natural(r[condition.slot], condition.op)}
            for k, r in rates.items()
            if condition.slot in r
        }
    return known[1][key]


def natural(rate: Rate, op: str) -> Rate:
    """The rate of a comparison that was overruled: what it would have been, from the samples of its sides."""
    if op not in COMPARED or not len(rate.left):
        return replace(rate, evaluated=0, true=0)
    outcome = COMPARED[op](rate.left, rate.right)
    share = float(np.mean(outcome))
    true = rate.evaluated if share == 1.0 else max(int(outcome.any()), round(share * rate.evaluated))
    return replace(rate, outcome=outcome.astype(np.float64), true=true)


def way_to(study: Study, condition: Condition) -> dict[int, bool]:
    """Slot -> outcome that leads to the condition, of those that do not come out so on most bars (a warm-up)."""
    slots = {(c.file, c.node): c.slot for c in study.instrumented.conditions}
    found: dict[int, bool] = {}
    for test, wanted in _tests(study, condition.file, condition.node, LEVELS):
        found |= {s: w for s, w in _held(slots, test, wanted) if s != condition.slot}
    held = {s: w for s, w in found.items() if s not in condition.parents}
    return {s: w for s, w in held.items() if _share(study, s, w) < USUAL}


def _share(study: Study, slot: int, wanted: bool) -> float:
    """How often a condition comes out as wanted by itself."""
    counts = seen(study.rates, slot)
    share = counts.held / counts.asked if counts.asked else 0.0
    return share if wanted else 1.0 - share


def _held(slots: Mapping[Place, int], test: tuple[str, ast.expr], wanted: bool) -> Iterator[tuple[int, bool]]:
    """What to force for a test to come out as wanted; nothing where it is not traced."""
    file, node = test
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from _held(slots, (file, node.operand), not wanted)
        return
    slot = slots.get((file, _span(node)))
    if slot is not None:
        yield slot, wanted


def _tests(
    study: Study, file: str, node: tuple[int, int, int, int], levels: int
) -> Iterator[tuple[tuple[str, ast.expr], bool]]:
    """(file and test, outcome) on the way to a place, its callers' included."""
    tree = study.tree.files[file].tree
    chain = _chain(tree, node)
    for above, below in pairwise(chain):
        for test, wanted in _before(above, below):
            yield (file, test), wanted
    functions = [n.name for n in chain if isinstance(n, ast.FunctionDef)]
    if functions and levels:
        for path, call in _calls(study, functions[-1])[:1]:
            yield from _tests(study, path, call, levels - 1)


def _chain(tree: ast.AST, node: tuple[int, int, int, int]) -> list[ast.AST]:
    """The nodes around a place, from the module inwards to the place itself."""
    chain: list[ast.AST] = [tree]
    while True:
        inner = [n for n in ast.iter_child_nodes(chain[-1]) if _holds(n, node)]
        if not inner:
            return chain
        chain.append(inner[0])


def _holds(outer: ast.AST, node: tuple[int, int, int, int]) -> bool:
    if not hasattr(outer, "lineno"):
        return False
    line, column, end, end_column = _span(outer)
    return (line, column) <= node[:2] and node[2:] <= (end, end_column)


def _before(above: ast.AST, below: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    """The tests that ``above`` puts before its part ``below``."""
    if isinstance(above, ast.BoolOp):
        at = next((k for k, v in enumerate(above.values) if v is below), 0)
        yield from ((v, isinstance(above.op, ast.And)) for v in above.values[:at])
    if isinstance(above, ast.If | ast.While | ast.IfExp) and below is not above.test:
        body = above.body if isinstance(above.body, list) else [above.body]
        yield above.test, any(below is s for s in body)
    for name in ("body", "orelse"):
        block = getattr(above, name, None)
        if isinstance(block, list) and any(below is s for s in block):
            earlier = block[: next(k for k, s in enumerate(block) if s is below)]
            for statement in earlier:
                if isinstance(statement, ast.If) and isinstance(statement.body[-1], LEAVING):
                    yield statement.test, False


def _calls(study: Study, name: str) -> list[tuple[str, tuple[int, int, int, int]]]:
    """Where the product calls a function of that name."""
    return [
        (file.path, _span(node))
        for file in study.tree.product()
        if file.path in study.architecture.relevant
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call)
        and name in (getattr(node.func, "attr", ""), getattr(node.func, "id", ""))
    ]


def _span(node: ast.AST) -> tuple[int, int, int, int]:
    line, column = int(getattr(node, "lineno", 0)), int(getattr(node, "col_offset", 0))
    return (
        line,
        column,
        int(getattr(node, "end_lineno", line) or line),
        int(getattr(node, "end_col_offset", column) or column),
    )


def filters(study: Study, condition: Condition) -> bool:
    """Whether the condition, where it holds, only turns a bar away: ``if condition: return None`` or ``continue``."""
    chain = _chain(study.tree.files[condition.file].tree, condition.node)
    for at in range(len(chain) - 2, -1, -1):
        node = chain[at]
        if isinstance(node, ast.If) and chain[at + 1] is node.test:
            turned = sum(isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.Not) for n in chain[at:]) % 2
            functions = [n for n in chain[:at] if isinstance(n, ast.FunctionDef)]
            return not turned and not node.orelse and _nothing(node.body[-1], functions[-1:])
        if isinstance(node, ast.stmt):
            return False
    return False


def _nothing(statement: ast.stmt, functions: list[ast.FunctionDef]) -> bool:
    """Leaving with empty hands: with what the function says at its end where nothing came up."""
    if isinstance(statement, ast.Continue):
        return True
    if not isinstance(statement, ast.Return):
        return False
    said = ast.unparse(statement.value) if statement.value is not None else "None"
    last = functions[0].body[-1] if functions else None
    usual = ast.unparse(last.value) if isinstance(last, ast.Return) and last.value is not None else "None"
    return said in NOTHING or said == usual
