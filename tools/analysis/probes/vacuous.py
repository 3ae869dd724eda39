"""Invariant: a filter filters.

A comparison of something that moves with a number, or two comparisons joined by "or", that came out true every time on
every symbol and on the stress markets (wild, rising, falling, dead) decides nothing. Convicted when forcing it to be false
would change decisions, so that somebody meant it to matter.

False-positive risks: guards (left out: comparisons with 0, with tiny numbers, of plain columns; the dead market makes the
other usual ones false; limits far away are left out where words say that they check the data); switches in the settings (left out: what does not move). Tolerance: outcomes that are false for
want of a value (NaN) do not count; not one other may be false.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from tools.analysis.probes.base import Conviction, make_finding
from tools.analysis.probes.contradiction import Joined, vacuous_pairs
from tools.analysis.probes.outcomes import (
    Seen,
    changed_when_all_forced,
    changed_when_forced,
    is_number,
    raw_guard,
    seen,
    stressed,
)
from tools.analysis.probes.pressed import asked_often
from tools.analysis.probes.reachability import (
    ENOUGH,
    ENOUGH_STRESSED,
    RARE,
    VERY_FAR,
    gap_in_ranges,
    outcome_plan,
)
from tools.analysis.silence.instrument import Condition
from tools.analysis.study import Study
from tools.contracts import Finding, Severity

TINY = 1e-6
#: What says that it checks the data, or looks at one move: such limits are to be far away.
CHECKS = re.compile(
    r"ok\b|valid|sane|sanity|clean|glitch|bad|tick|outlier|spike|finite|guard|error|safe|crash|halt|kill|ret\b|return|"
    r"pct_change|diff\(|jump|gap|move",
    re.IGNORECASE,
)
#: ``x == x`` asks whether a value is known, and other equalities that always hold are guards as well.
EQUALITIES = ("==", "!=")


class VacuityProbe:
    """Conditions that always hold."""

    name = "filter_vacuity"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction for each condition that lets everything through."""
        found: list[Conviction] = []
        always: set[int] = set()
        for condition in study.instrumented.conditions:
            if condition.kind == "compare" and self._always(study, condition):
                always.add(condition.slot)
                found += self._convict(study, condition)
        for condition in study.instrumented.conditions:
            if (
                condition.kind == "combine"
                and condition.op == "or"
                and self._together(study, condition, always)
            ):
                found += self._convict(study, condition)
        told = {(c.finding.file, c.finding.line) for c in found}
        for joined in vacuous_pairs(study):
            if (joined.pair[0].file, joined.line) not in told:
                found += self._either(study, joined)
        return found

    def _either(self, study: Study, joined: Joined) -> list[Conviction]:
        """Two comparisons of which every number satisfies one: convicted when both, held shut, would change decisions."""
        first, second = joined.pair
        changed = changed_when_all_forced(study, {first.slot: False, second.slot: False})
        if not changed:
            return []
        evidence: dict[str, Any] = {
            "probe": self.name,
            "condition": joined.text,
            "asked": seen(study.rates, first.slot).asked,
            "false": 0,
            "covers_everything": [first.text, second.text],
            "decisions_changed_when_forced_false": changed,
        }
        text = (
            f"`{first.text}` or `{second.text}` in {first.function}() always holds: every number satisfies one of them. "
            "It filters nothing."
        )
        finding = make_finding(
            "always_true", Severity.MEDIUM, (first.file, joined.line, joined.text), text, evidence
        )
        return [Conviction(finding, outcome_plan(study, replace(first, text=joined.text), False, "filters"))]

    def _always(self, study: Study, condition: Condition) -> bool:
        plain = seen(study.rates, condition.slot)
        if not plain.asked or plain.refused:
            return False
        if self._far(study, condition, plain):
            return True
        if seen(stressed(study), condition.slot).refused:
            return False
        here = asked_often(study, condition, ENOUGH)
        there = asked_often(study, condition, ENOUGH_STRESSED, under_stress=True)
        if condition.op in EQUALITIES or raw_guard(condition) or not _all(here, ENOUGH):
            return False
        if not _all(there, ENOUGH_STRESSED):
            return False
        limits = here.right if _still(here.right) else here.left
        if not limits.size or np.all(np.abs(limits) <= TINY):
            return False  # a guard against zero
        return not (_still(here.left) and _still(here.right))

    def _far(self, study: Study, condition: Condition, plain: Seen) -> bool:
        """Whether the number stands ten whole ranges away from anything seen, and only bars made to break it get there: a
        limit in another unit. What checks the data says so, or looks at single moves."""
        there = seen(stressed(study), condition.slot)
        if condition.op in EQUALITIES or not is_number(condition.right) or float(condition.right) == 0:
            return False
        if not _all(plain, ENOUGH) or there.known < ENOUGH_STRESSED:
            return False
        broken = there.known - there.held
        lines = study.tree.files[condition.file].text.splitlines()
        checks = CHECKS.search(lines[condition.line - 1]) or CHECKS.search(condition.function)
        return 0 < broken <= RARE * there.known and gap_in_ranges(plain) >= VERY_FAR and not checks

    def _together(self, study: Study, condition: Condition, always: set[int]) -> bool:
        """Two comparisons that move and of which one always holds."""
        parts = [
            c
            for c in study.instrumented.conditions
            if c.parents[:1] == (condition.slot,) and c.kind == "compare"
        ]
        if len(parts) != 2 or any(c.slot in always for c in parts):
            return False
        here, there = seen(study.rates, condition.slot), seen(stressed(study), condition.slot)
        if here.asked < ENOUGH or there.asked < ENOUGH_STRESSED:
            return False
        unknown = max(seen(study.rates, c.slot).unknown for c in parts)
        lost = max(seen(stressed(study), c.slot).unknown for c in parts)
        held = [seen(study.rates, c.slot) for c in parts]
        if any(s.held == 0 or s.held >= s.known for s in held):
            return False
        return here.held >= here.asked - unknown and there.held >= there.asked - lost

    def _convict(self, study: Study, condition: Condition) -> list[Conviction]:
        changed = changed_when_forced(study, condition.slot, False)
        if not changed:
            return []
        here = seen(study.rates, condition.slot)
        never = not seen(stressed(study), condition.slot).refused and not self._far(study, condition, here)
        evidence: dict[str, Any] = {
            "probe": self.name,
            "condition": condition.text,
            "asked": here.asked,
            "without_a_value": here.unknown,
            "false": 0,
            "decisions_changed_when_forced_false": changed,
        }
        text = (
            f"`{condition.text}` in {condition.function}() always holds: asked {here.asked:,} times"
            + (
                " here and on markets made to break it"
                if never
                else f" with {here.left.min():.3g} to {here.left.max():.3g} on its left"
            )
            + ", it was never false. It filters nothing."
        )
        place = (condition.file, condition.line, condition.text)
        finding = make_finding("always_true", Severity.MEDIUM, place, text, evidence)
        return [Conviction(finding, outcome_plan(study, condition, False, "filters"))]


def _all(counts: Seen, enough: int) -> bool:
    """Whether it held wherever there was something to compare: in every sample, and in the count but for the error of the
    estimate of what had no value."""
    slack = 0.02 * counts.asked if counts.unknown else 0.0
    return counts.known >= enough and not counts.refused and counts.held >= counts.known - slack


def _still(values: np.ndarray) -> bool:
    return bool(values.size and np.all(values == values[0]))
