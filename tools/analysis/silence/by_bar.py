"""How every condition came out at every bar of a market, where that can be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sandbox.host.contracts import Trace
from tools.analysis.silence.instrument import Condition
from tools.analysis.silence.rates import decode
from tools.analysis.study import Study
from tools.contracts import Decisions, Floats, Market

#: Room for so many outcomes is asked for in one run: conditions times bars.
MOST_RECORDED = 3_000_000
_COUNTED = 11


@dataclass(frozen=True)
class Seen:
    """One run. ``outcomes`` holds per slot float64 of the bars' length: 1 held, 0 did not, NaN not asked at that bar; a
    condition of which the bars are not known has no entry."""

    decisions: Decisions
    outcomes: Mapping[int, Floats]


def seen_by_bar(
    study: Study,
    market: Market,
    conditions: Sequence[Condition],
    forced: Mapping[int, bool] | None = None,
) -> Seen | None:
    """The outcomes of ``conditions`` on one market; None where the strategy fails. More conditions than there is room
    for: the first ones."""
    bars = len(market)
    slots = tuple(c.slot for c in conditions)[: max(1, MOST_RECORDED // max(1, bars))]
    traced = study.instrumented
    trace = Trace(len(traced.conditions), forced or {}, {}, slots, by_bar=True)
    answer = study.runner.decide_many(traced.bundle, {market.symbol: market}, trace=trace)[market.symbol]
    if answer.decisions is None:
        return None
    stats, rates = answer.outcome.trace, decode(answer.outcome.trace)
    outcomes = {}
    for slot, run in answer.outcome.series.items():
        counted = stats is not None and stats[slot][_COUNTED] > 0
        if slot in rates and rates[slot].boolean and not (counted and rates[slot].evaluated != bars):
            plain = _plain(run[:bars])
            if np.isfinite(plain).any() or not rates[slot].evaluated:
                outcomes[slot] = plain
    return Seen(answer.decisions, outcomes)


def _plain(run: Floats) -> Floats:
    """What a child wrote, as 1, 0 and NaN."""
    return np.where(np.isnan(run), np.nan, (run > 0).astype(float))
