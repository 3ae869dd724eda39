"""Asks a bundle of a study about markets that are made up for the occasion."""

from __future__ import annotations

from collections.abc import Sequence

from tools.analysis.lookahead.check import Ask
from tools.analysis.study import Study
from tools.contracts import Decisions, Market


def asking(study: Study, bundle: str) -> Ask:
    """What ``bundle`` decides on each market; None where it gives no decisions."""

    def ask(markets: Sequence[Market]) -> list[Decisions | None]:
        answers = study.runner.decide_many(bundle, {str(k): market for k, market in enumerate(markets)})
        return [answers[str(k)].decisions for k in range(len(markets))]

    return ask
