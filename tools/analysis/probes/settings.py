"""Invariant: a setting that is offered moves something.

A field of the config class that no product code reads is tried at several values on the most traded symbols; when not
one decision moves, it is a knob connected to nothing. Fields that are read but happened to move nothing are not
convicted: another market may show them at work.

False-positive risks: a field that only another program reads (a live runner outside the system).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.host.contracts import Setting
from tools.analysis.probes.base import Conviction, TestPlan, make_finding
from tools.analysis.study import Study, differs
from tools.contracts import Finding, Severity

TEST_BARS = 3000


class SettingsProbe:
    """Knobs connected to nothing."""

    name = "parameter_sensitivity"

    def run(self, study: Study, suspects: Iterable[Finding]) -> list[Conviction]:
        """One conviction for each unread field whose values move no decision."""
        fields = [
            s for s in suspects if s.category == "unwired_setting" and study.system.config.strategy.params
        ]
        return [c for s in fields if (c := self._try(study, s)) is not None]

    def _try(self, study: Study, suspect: Finding) -> Conviction | None:
        name = str(suspect.details.get("name", ""))
        tried = values_to_try(suspect.details.get("default"))
        if not name or not tried:
            return None
        markets = study.sample(2)
        for value in tried:
            answers = study.runner.decide_many(study.bundle, markets, overrides={name: value})
            for symbol, answer in answers.items():
                if answer.decisions is None or differs(study.decisions[symbol], answer.decisions).any():
                    return None  # it moves something after all, or the class has no such field
        bars = sum(len(m) for m in markets.values())
        evidence: dict[str, Any] = {
            "probe": self.name,
            "setting": name,
            "tried": tried,
            "symbols": list(markets),
            "bars": bars,
            "decisions_changed": 0,
        }
        place = (suspect.file, suspect.line, name)
        text = f"`{name}` is offered as a setting but nothing reads it: {tried} give the same decisions on all {bars:,} bars tried."
        symbol = next(iter(markets))
        plan = TestPlan(
            "setting", symbol, 0, min(TEST_BARS, len(markets[symbol])), {"setting": name, "tried": tried}
        )
        return Conviction(
            make_finding("unwired_setting", Severity.MEDIUM, place, text, evidence, suspect.details), plan
        )


def values_to_try(default: object) -> list[Setting]:
    """Other values of the same kind, far from the default; [] where none can be guessed."""
    if isinstance(default, bool):
        return [not default]
    if isinstance(default, int):
        return [max(1, default // 4), default * 4 + 1]
    if isinstance(default, float):
        return [default / 4, default * 4 + 0.01]
    return []
