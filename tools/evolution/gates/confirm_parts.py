"""No symbol and no regime may pay for the others: each is held against a margin."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from tools.analysis.study import Study
from tools.backtest.daily import DAY_NS, daily_equity, daily_returns
from tools.contracts import Floats, Ints
from tools.market.regimes import MarketRegimeDetector
from tools.optimization.segments import Segments

#: A mean daily return may fall by so much of its own standard deviation before.
MARGIN_SD = 0.2
FEWEST_DAYS = 10
REGIMES = ("volatility", "volume")


def inferior(before: Study, after: Study, segments: Segments) -> tuple[list[str], dict[str, Any]]:
    """(which symbols and regimes got worse by more than their margin, every part's figures in bps a day).

    Means of daily net returns on the confirmation, its first day left out; parts with fewer than FEWEST_DAYS are shown and
    not judged. A regime's days are symbol-days, labelled by what was known when the day began."""
    symbols: dict[str, list[tuple[Floats, Floats]]] = {}
    regimes: dict[str, list[tuple[Floats, Floats]]] = defaultdict(list)
    for symbol in sorted(before.markets):
        days, old, new = _pair(before, after, symbol, segments)
        symbols[symbol] = [(old, new)]
        for dimension in REGIMES:
            labels = _labels(before, symbol, days, dimension)
            for label in np.unique(labels):
                regimes[f"{dimension} {label}"].append((old[labels == label], new[labels == label]))
    parts = {name: _part(pairs) for name, pairs in {**symbols, **dict(sorted(regimes.items()))}.items()}
    worse = [
        f"{name}: {part['difference_bps']:+.2f} bps a day, margin {part['margin_bps']:.2f}"
        for name, part in parts.items()
        if part["judged"] and part["difference_bps"] < -part["margin_bps"]
    ]
    return worse, {"margin": f"{MARGIN_SD} of the daily standard deviation before", "parts": parts}


def _pair(before: Study, after: Study, symbol: str, segments: Segments) -> tuple[Ints, Floats, Floats]:
    """Days of the confirmation, and the daily returns before and after."""
    days = daily_equity(before.backtests[symbol])[0]
    kept = days > segments.confirm_ns // DAY_NS
    old, new = (daily_returns(s.backtests[symbol])[kept] for s in (before, after))
    return days[kept], old, new


def _labels(study: Study, symbol: str, days: Ints, dimension: str) -> np.ndarray[Any, Any]:
    market = study.markets[symbol]
    labels = MarketRegimeDetector().dimension(market, dimension)
    at = np.searchsorted(market.time, days * DAY_NS, side="left") - 1
    return np.asarray(labels[np.maximum(at, 0)])


def _part(pairs: list[tuple[Floats, Floats]]) -> dict[str, Any]:
    old, new = (np.concatenate(side) for side in zip(*pairs, strict=True))
    n = len(old)
    margin = MARGIN_SD * float(np.std(old, ddof=1)) if n > 1 else 0.0
    return {
        "days": n,
        "difference_bps": 1e4 * float((new - old).mean()) if n else None,
        "margin_bps": 1e4 * margin,
        "judged": n >= FEWEST_DAYS and margin > 0,
    }
