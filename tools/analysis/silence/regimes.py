"""The chain of one symbol by regime: a gate may be open in one market and shut in another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tools.analysis.silence.by_bar import Seen
from tools.analysis.silence.chain import Chain, opened
from tools.analysis.study import Study
from tools.market.regimes import DIMENSIONS, Regime
from tools.market.regimes_trades import regime_of


def by_regime(study: Study, symbol: str, found: Sequence[Chain], here: Seen | None) -> list[dict[str, Any]]:
    """``[{"dimension", "regime", "bars", "trades", "joint_rate": {decision: share}, "gates": [{"file", "line", "condition",
    "opens_when", "pass_rate"}]}]``. Rates are shares of the regime's bars, None where the bars of a condition are not
    known; ``trades`` are closed ones, by the regime in which they were decided."""
    labels = [Regime.parse(str(label)) for label in study.labels(symbol)]
    decided = [
        Regime.parse(regime_of(study.labels(symbol), t)) for t in study.backtests[symbol].trades if t.closed
    ]
    rows = []
    for dimension in DIMENSIONS:
        words = np.array([getattr(r, dimension) for r in labels])
        for word in sorted(set(words)):
            inside = words == word
            rows.append(
                {
                    "dimension": dimension,
                    "regime": str(word),
                    "bars": int(inside.sum()),
                    "trades": sum(getattr(r, dimension) == word for r in decided),
                    "joint_rate": {c.decision: _joint(c, here, inside) for c in found},
                    "gates": _gates(found, here, inside),
                }
            )
    return rows


def _joint(chain: Chain, here: Seen | None, inside: np.ndarray) -> float | None:
    runs = [opened(here, link.condition.slot, link.opens_when) for link in chain.links]
    known = [run for run in runs if run is not None]
    return float(np.logical_and.reduce(known)[inside].mean()) if known else None


def _gates(found: Sequence[Chain], here: Seen | None, inside: np.ndarray) -> list[dict[str, Any]]:
    rows: dict[tuple[int, bool], dict[str, Any]] = {}
    for link in (link for chain in found for link in chain.links):
        run = opened(here, link.condition.slot, link.opens_when)
        rows[link.condition.slot, link.opens_when] = {
            "file": link.condition.file,
            "line": link.condition.line,
            "condition": link.condition.text,
            "opens_when": link.opens_when,
            "pass_rate": None if run is None else float(run[inside].mean()),
        }
    return [rows[key] for key in sorted(rows)]
