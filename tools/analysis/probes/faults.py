"""Invariant: a fault is visible.

For each broad ``except`` that the static detector proposes, an exception is planted at the start of its ``try`` block in
a copy. When the strategy then still returns decisions, as if nothing had happened, real failures are hidden the same
way. That the place is reached at all is proven by a second copy that ends its process there.

False-positive risks: an ``except`` that re-reads from another source on purpose; waive it with the reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

import numpy as np

from sandbox.host.contracts import Status
from tools.analysis.probes.base import Conviction, TestPlan, make_finding
from tools.analysis.study import Study, differs
from tools.contracts import Finding, Market, Severity

#: Passings of a loop at which one fault is planted, where a fault at every one is seen.
PASSES = (1, 2, 3, 4, 5, 6)
CAUGHT = 'raise RuntimeError("planted by the fault probe")'
UNCAUGHT = '__import__("os")._exit(41)'


class FaultProbe:
    """Swallowed exceptions."""

    name = "fault_visibility"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction for each ``try`` whose planted fault goes unseen."""
        broad = [s for s in suspects if s.category == "swallowed_exception"]
        return [c for s in broad if (c := self._try(study, s)) is not None]

    def _try(self, study: Study, suspect: Finding) -> Conviction | None:
        reached = plant(study, suspect, UNCAUGHT)
        statements = [CAUGHT, *(nth(CAUGHT, n) for n in PASSES)] if reached is not None else []
        return next((c for s in statements if (c := self._hidden(study, suspect, str(reached), s))), None)

    def _hidden(self, study: Study, suspect: Finding, reached: str, statement: str) -> Conviction | None:
        hidden = plant(study, suspect, statement)
        assert hidden is not None
        for symbol, market in study.sample(2).items():
            if study.runner.decide(reached, market).outcome.status is Status.OK:
                continue  # the block is not run on this market
            answer = study.runner.decide(hidden, market)
            if answer.decisions is None:
                continue
            changed = int(np.count_nonzero(differs(study.decisions[symbol], answer.decisions)))
            if statement != CAUGHT and not changed:
                continue  # it tried again, and that was right
            evidence = {
                "probe": self.name,
                "planted": f"RuntimeError at the start of the try block, {suspect.file}:{suspect.line}",
                "symbol": symbol,
                "status": answer.outcome.status.value,
                "decisions_changed": changed,
                "bars": len(market),
            }
            seen = f"{changed} of them silently different" if changed else "and nothing shows that it failed"
            text = (
                f"{suspect.summary} A planted RuntimeError is hidden: {symbol} still gets decisions, {seen}."
            )
            place = (suspect.file, suspect.line, str(suspect.details.get("expression", suspect.id)))
            finding = make_finding(
                "swallowed_exception", Severity.HIGH, place, text, evidence, suspect.details
            )
            return Conviction(finding, self._plan(study, suspect, market, reached, statement))
        return None

    def _plan(self, study: Study, suspect: Finding, market: Market, reached: str, statement: str) -> TestPlan:
        """The shortest of some windows on which the block is run at all."""
        block = block_of(ast.parse(study.tree.files[suspect.file].text), suspect)
        assert block is not None
        hidden = plant(study, suspect, statement)
        assert hidden is not None
        sizes = (n for n in (600, 3000) if n < len(market))
        runs = (
            n
            for n in sizes
            if study.runner.decide(reached, market.cut(0, n)).outcome.status is not Status.OK
            and study.runner.decide(hidden, market.cut(0, n)).decisions is not None
        )
        arguments = {"file": suspect.file, "block": ast.unparse(block.body[0]), "statement": statement}
        return TestPlan("fault", market.symbol, 0, next(runs, len(market)), arguments)


def nth(statement: str, passing: int) -> str:
    """The statement at one passing only: in a loop over parts, one part that fails."""
    count = "__import__('sys').__dict__"
    times = f"{count}.__setitem__('mendel_passed', {count}.get('mendel_passed', 0) + 1)"
    return f"{times}\nif {count}['mendel_passed'] == {passing}:\n    {statement}"


def plant(study: Study, suspect: Finding, statement: str) -> str | None:
    """A bundle in which the suspect's ``try`` starts with ``statement``; None where it is not found."""
    tree = ast.parse(study.tree.files[suspect.file].text)
    block = block_of(tree, suspect)
    if block is None:
        return None
    block.body[:0] = ast.parse(statement).body
    return study.store.derive(study.bundle, {suspect.file: ast.unparse(ast.fix_missing_locations(tree))})


def block_of(tree: ast.Module, suspect: Finding) -> ast.Try | ast.With | None:
    """The innermost ``try`` or ``with`` around the suspect."""
    span = suspect.details.get("try") or suspect.details.get("node") or [suspect.line, 0, suspect.line, 0]
    blocks = [n for n in ast.walk(tree) if isinstance(n, ast.Try | ast.With)]
    around = [n for n in blocks if n.lineno <= int(span[0]) <= (n.end_lineno or n.lineno)]
    return max(around, key=lambda n: n.lineno) if around else None
