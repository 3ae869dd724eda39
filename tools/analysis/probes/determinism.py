"""Invariant: two fresh processes decide the same on the same bars.

Every other probe compares two runs, so where this one convicts, nothing else can be told: it goes first and alone.

False-positive risks: none known; a strategy that uses the clock may pass by luck.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import numpy as np

from tools.analysis.probes.base import Conviction, TestPlan, change_at, make_finding
from tools.analysis.study import Study, differs
from tools.contracts import Finding, Severity

CATEGORY = "nondeterminism"
TEST_BARS = 3000
CHANCE = re.compile(
    r"(?:^|\W)random\.\w+$|(?:^|\W)(?:default_rng|Random|RandomState)$|^time\.\w*time|\.(?:now|utcnow|today)$|uuid\d?$"
)


class DeterminismProbe:
    """Chance, hash order, the clock."""

    name = "determinism"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """At most one conviction, with the first bar that two fresh runs decide differently."""
        for symbol, market in study.sample(2).items():
            usual, fresh = (
                study.decisions[symbol],
                study.runner.decide(study.bundle, market, fresh=True).decisions,
            )
            if fresh is None or not differs(usual, fresh).any():
                continue
            changed = np.flatnonzero(differs(usual, fresh))
            evidence = {
                "probe": self.name,
                "decisions_changed": int(changed.size),
                **change_at(market, usual, fresh, int(changed[0])),
            }
            suspect = next((s for s in suspects if s.category == "wall_clock"), None)
            named = (suspect.file, suspect.line) if suspect else culprit(study, symbol)
            file, line = named or study.target_place
            text = "Two fresh runs on the same bars decide differently: the strategy depends on chance, hash order or the clock."
            finding = make_finding(CATEGORY, Severity.CRITICAL, (file, line, "strategy"), text, evidence)
            plan = TestPlan("chance", symbol, 0, min(TEST_BARS, len(market)), {})
            return [Conviction(finding, plan)]
        return []


def culprit(study: Study, symbol: str) -> tuple[str, int] | None:
    """The one source of chance without which two fresh runs agree; the only one there is, where none alone explains it."""
    places = list(sources_of_chance(study))
    for file, line, position in places:
        tree = _Fixed(position).visit(ast.parse(study.tree.files[file].text))
        bundle = study.store.derive(study.bundle, {file: ast.unparse(ast.fix_missing_locations(tree))})
        market = study.markets[symbol]
        once, again = (study.runner.decide(bundle, market, fresh=True).decisions for _ in range(2))
        if once is not None and again is not None and not differs(once, again).any():
            return file, line
    return places[0][:2] if len(places) == 1 else None


def sources_of_chance(study: Study) -> Iterator[tuple[str, int, tuple[int, int]]]:
    """(file, line, position) of calls that draw numbers or read the clock."""
    for file in study.tree.product():
        if file.path in study.architecture.relevant:
            for node in ast.walk(file.tree):
                if isinstance(node, ast.Call) and CHANCE.search(ast.unparse(node.func)):
                    yield file.path, node.lineno, (node.lineno, node.col_offset)


class _Fixed(ast.NodeTransformer):
    def __init__(self, position: tuple[int, int]) -> None:
        self.position = position

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if (node.lineno, node.col_offset) != self.position:
            return node
        called = ast.unparse(node.func)
        last = called.rpartition(".")[2]
        arguments = ", ".join([ast.unparse(a) for a in [*node.args, *node.keywords]])
        if "default_rng" in called or last in ("Random", "RandomState"):
            text = f"{called}(0)"
        elif "numpy" in called or called.startswith("np."):
            text = f"__import__('numpy').random.RandomState(0).{last}({arguments})"
        elif "random" in called:
            text = f"__import__('random').Random(0).{last}({arguments})"
        else:
            return node
        return ast.copy_location(ast.parse(text, mode="eval").body, node)
