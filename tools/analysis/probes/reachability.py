"""Invariant: a rule can come true.

A condition that was asked many times on every symbol and never held is only a suspect: a guard against bad input never
holds either, and a crisis may not be in the sample. It is convicted when forcing it changes decisions, so that it matters,
and when one of these shows that nothing could bring it about: it stays false on markets made for the purpose (wild, rising,
falling, dead), too; what it compares stays further from the number than three times its own whole range (ten times, where a few bars made for the
purpose get there; then an entry or exit must wait for it alone); the static detector proved it impossible. Two conditions that each hold often and never together, there or here, are one such rule.

False-positive risks: rules for data that the stress markets do not have (another calendar, another column); checks of the
data itself (an equality or a length that would turn something away is one), which are left out where plain columns are compared with each other or with 0, unless the outcome is all that an
entry or an exit is made of. Tolerance: none, not once.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from tools.analysis.probes.base import Conviction, TestPlan, make_finding
from tools.analysis.probes.contradiction import Joined, impossible_pairs
from tools.analysis.probes.outcomes import Seen, changed_when_forced, is_number, raw_guard, seen, stressed
from tools.analysis.probes.pressed import asked_often, filters
from tools.analysis.probes.watch import position
from tools.analysis.silence.instrument import Condition, leaves
from tools.analysis.study import Study
from tools.contracts import Finding, Severity

SIGNALS = frozenset(["enter_long", "enter_short", "exit_long", "exit_short"])
ENOUGH, ENOUGH_STRESSED = 1000, 200
FAR = 3.0
#: Where a market made to break it does so on a few bars: a disaster rule, unless a signal waits for it alone.
RARE, VERY_FAR = 0.01, 10.0
#: How often two independent conditions would have met before it means something that they never did.
EXPECTED = 50.0
TEST_BARS = 4000


class ReachabilityProbe:
    """Rules that can never come true."""

    name = "branch_reachability"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction for each dead rule that would matter."""
        named = {(s.file, s.line) for s in suspects if s.category == "unreachable_rule"}
        conditions = study.instrumented.conditions
        found: dict[int, dict[str, Any]] = {}
        for condition in leaves(conditions):
            if condition.kind == "compare" and not _guards(study, condition):
                evidence = self._dead(study, condition, (condition.file, condition.line) in named)
                if evidence is not None:
                    found[condition.slot] = evidence
        for condition in conditions:
            if condition.kind == "combine" and condition.op == "and":
                evidence = self._apart(study, condition, set(found))
                if evidence is not None:
                    found[condition.slot] = evidence
        written = [self._write_up(study, conditions[slot], evidence) for slot, evidence in found.items()]
        told = {(c.finding.file, c.finding.line) for c in written}
        for joined in impossible_pairs(study):
            if (joined.pair[0].file, joined.line) not in told:
                written += self._excluded(study, joined)
        return written

    def _excluded(self, study: Study, joined: Joined) -> list[Conviction]:
        """Two comparisons that no number satisfies: convicted when one of them, held open, would change decisions."""
        changed = max(changed_when_forced(study, c.slot, True) for c in joined.pair)
        if not changed:
            return []
        first, second = joined.pair
        evidence: dict[str, Any] = {
            "probe": self.name,
            "condition": joined.text,
            "asked": seen(study.rates, first.slot).asked,
            "held": 0,
            "excludes": [first.text, second.text],
            "decisions_changed_when_forced": changed,
        }
        text = (
            f"`{first.text}` and `{second.text}` in {first.function}() exclude each other: nothing is both. "
            "The rule behind it never runs."
        )
        finding = make_finding(
            "unreachable_rule", Severity.MEDIUM, (first.file, joined.line, joined.text), text, evidence
        )
        return [Conviction(finding, outcome_plan(study, replace(first, text=joined.text), True))]

    def _dead(self, study: Study, condition: Condition, named: bool) -> dict[str, Any] | None:
        plain = seen(study.rates, condition.slot)
        there = seen(stressed(study), condition.slot)
        if not plain.asked or plain.held or there.held > RARE * there.asked:
            return None
        guard = raw_guard(condition) and not decides(study, condition)
        if guard or condition.left == condition.right:
            return None
        here = asked_often(study, condition, ENOUGH)
        if here.asked < ENOUGH or here.held or not here.left.size:
            return None
        if there.held:
            proven = gap_in_ranges(here) >= VERY_FAR and only_way(study, condition)
        else:
            proven = named or self._impossible(study, condition)
        if not proven:
            return None
        shown = {"seen": _ends(here.left), "needed": _ends(here.right)}
        return self._proof(study, condition, here.asked, shown)

    def _proof(
        self, study: Study, condition: Condition, asked: int, shown: dict[str, Any]
    ) -> dict[str, Any] | None:
        """The evidence, where decisions change when the condition is held open; else it is of no consequence."""
        changed = changed_when_forced(study, condition.slot, True)
        if not changed:
            return None
        return {
            "probe": self.name,
            "condition": condition.text,
            "asked": asked,
            "held": 0,
            **shown,
            "decisions_changed_when_forced": changed,
        }

    def _impossible(self, study: Study, condition: Condition) -> bool:
        here = asked_often(study, condition, ENOUGH)
        there = asked_often(study, condition, ENOUGH_STRESSED, under_stress=True)
        if there.held:
            return False
        zero = here.right.size and np.all(here.right == 0) and is_number(condition.right)
        if zero and not condition.parents:
            return False  # alone it is a guard; as a part of a rule it is to come true
        if there.known >= ENOUGH_STRESSED and here.right.size and _moves(here.left):
            return True
        return gap_in_ranges(here) >= FAR

    def _apart(self, study: Study, condition: Condition, dead: set[int]) -> dict[str, Any] | None:
        """Two comparisons that exclude each other."""
        parts = [
            c
            for c in study.instrumented.conditions
            if c.parents[:1] == (condition.slot,) and c.kind == "compare"
        ]
        if len(parts) != 2 or any(c.slot in dead for c in parts):
            return None
        here = seen(study.rates, condition.slot)
        if here.held or here.asked < ENOUGH or seen(stressed(study), condition.slot).held:
            return None
        shares = [seen(study.rates, c.slot) for c in parts]
        expected = here.asked * float(np.prod([s.held / max(1, s.asked) for s in shares]))
        if expected < EXPECTED or seen(stressed(study), condition.slot).asked < ENOUGH_STRESSED:
            return None
        return self._proof(study, condition, here.asked, {"expected_if_independent": round(expected, 1)})

    def _write_up(self, study: Study, condition: Condition, evidence: dict[str, Any]) -> Conviction:
        stayed = ""
        if evidence.get("seen"):
            low, high = evidence["seen"]
            stayed = f", the left side stayed within {low:.6g}..{high:.6g}"
        empty = condition.kind == "compare" and filters(study, condition)
        text = (
            f"`{condition.text}` in {condition.function}() never holds: asked {evidence['asked']:,} times{stayed}. "
            + ("It turns nothing away." if empty else "The rule behind it never runs.")
        )
        place = (condition.file, condition.line, condition.text)
        category = "always_true" if empty else "unreachable_rule"
        finding = make_finding(category, Severity.MEDIUM, place, text, evidence)
        return Conviction(finding, outcome_plan(study, condition, True))


def _guards(study: Study, condition: Condition) -> bool:
    """Whether an equality or a question for a length would turn something away, were it ever to hold (``if i == opened: return``,
    ``if len(x) < n: return nan``): a guard, however seldom."""
    asks = condition.op == "==" or re.search(r"\blen\(|\.size\b|\.shape\b", condition.text)
    return bool(asks) and filters(study, condition)


def gap_in_ranges(here: Seen) -> float:
    """How far what is compared stays from the number, in whole ranges of its own; 0 where that cannot be told."""
    if not here.right.size or not here.left.size:
        return 0.0
    spread = float(here.left.max() - here.left.min())
    gap = float(min(abs(here.right.min() - here.left.max()), abs(here.left.min() - here.right.max())))
    return gap / spread if spread > 0 else 0.0


def only_way(study: Study, condition: Condition) -> bool:
    """Whether a signal that no bar of any symbol has comes up once the condition holds: it waits for nothing else."""
    dead = [n for n in sorted(SIGNALS) if not any((d.column(n) > 0).any() for d in study.decisions.values())]
    if not dead:
        return False
    answers = study.traced(study.sample(2), forced={condition.slot: True})
    found = [a.decisions for a in answers.values() if a.decisions is not None]
    return any((d.column(name) > 0).any() for d in found for name in dead)


def decides(study: Study, condition: Condition) -> bool:
    """Whether the condition alone is what is written to an entry's or an exit's column: no check of the data is."""
    for node in ast.walk(study.tree.files[condition.file].tree):
        pairs: list[tuple[ast.expr | None, ast.expr]] = []
        if isinstance(node, ast.Assign):
            pairs = [
                (n, node.value) for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Constant)
            ]
            pairs += [(n, t) for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Constant)]
        elif isinstance(node, ast.Dict):
            pairs = list(zip(node.keys, node.values, strict=True))
        for key, value in pairs:
            signal = isinstance(key, ast.Constant) and str(key.value) in SIGNALS
            if signal and condition.node in (position(part) for part in _bare(value)):
                return True
    return False


def _bare(node: ast.expr) -> Iterable[ast.expr]:
    """A value and what it is cast or chosen from: ``(a < b).astype(int)``, ``np.where(a < b, 1, 0)``, ``loc[a < b, …]``."""
    while True:
        yield node
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            where = node.func.attr == "where" and node.args
            node = node.args[0] if where else node.func.value
        elif isinstance(node, ast.Subscript):
            node = node.slice
        elif isinstance(node, ast.Tuple) and node.elts:
            node = node.elts[0]
        else:
            return


def outcome_plan(study: Study, condition: Condition, wanted: bool, kind: str = "reachable") -> TestPlan:
    """A test that overhears the condition and wants to see one outcome."""
    asked = {s: r[condition.slot].evaluated for s, r in study.rates.items() if condition.slot in r}
    symbol = max(study.by_activity, key=lambda s: asked.get(s, 0))
    arguments = {
        "file": condition.file,
        "text": condition.text,
        "function": condition.function,
        "wanted": wanted,
    }
    bars = len(study.markets[symbol])
    often = asked.get(symbol, 0) >= bars // 2  # what is asked seldom may not be asked in a part
    return TestPlan(kind, symbol, 0, min(TEST_BARS, bars) if often else bars, arguments)


def _ends(values: np.ndarray) -> list[float]:
    return [float(values.min()), float(values.max())] if values.size else []


def _moves(values: np.ndarray) -> bool:
    return bool(values.size and values.max() > values.min())
