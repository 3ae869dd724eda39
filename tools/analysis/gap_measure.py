"""What ignored information says about the outcomes of the system's own trades, on the development segment alone.

The confirmation segment is left untouched, so that a change that is made of a gap can still be confirmed there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tools.analysis.gap_features import Derived
from tools.analysis.study import Study
from tools.contracts import Floats

MIN_TRADES, MIN_DAYS, DRAWS = 30, 10, 500
DAY_NS = 86_400_000_000_000
DEVELOPMENT = 0.75


def measured(study: Study, derived: Derived) -> dict[str, Any]:
    """For a numeric feature ``{"measure": "rank_correlation", "value", "ci", "auc", "n", "days"}``; for a grouped one
    ``{"measure": "group_share", "value", "p", "groups": {name: {"n", "mean_bps"}}, "n", "days"}``. ``value`` is None, with
    ``why``, where there is too little. The interval (95 %) draws whole days; p shifts the outcomes against the groups.

    Many kinds are measured at once: the best of them looks better than it is. It is a reason to test, not a result."""
    values, returns, days = _trades(study, derived)
    n, distinct = len(returns), len(np.unique(days))
    base = {"n": n, "days": distinct, "meaning": derived.meaning, "segment": "development"}
    if n < MIN_TRADES or distinct < MIN_DAYS:
        why = f"{n} trades on {distinct} days, needs {MIN_TRADES} on {MIN_DAYS}"
        return {"measure": _name(derived), "value": None, "why": why, **base}
    found = _groups(values, returns) if derived.grouped else _correlation(values.astype(float), returns, days)
    return {"measure": _name(derived), **found, **base}


def _name(derived: Derived) -> str:
    return "group_share" if derived.grouped else "rank_correlation"


def _trades(study: Study, derived: Derived) -> tuple[np.ndarray, Floats, np.ndarray]:
    """Feature when the entry was decided, net return in bps, and day of the entry, of each closed development trade."""
    start = min(int(m.time[0]) for m in study.markets.values())
    end = start + round(DEVELOPMENT * (study.until_ns - start))
    rows: list[tuple[int, Any, float]] = []
    for symbol, backtest in study.backtests.items():
        trades = [t for t in backtest.trades if t.reason.value != "open" and t.exit_time_ns < end]
        at = np.array([max(t.entry_bar - 1, 0) for t in trades], dtype=np.int64)
        values = derived.series(study.markets[symbol], at)
        for trade, value in zip(trades, values if values is not None else (), strict=values is not None):
            if derived.grouped or np.isfinite(value):
                sign = trade.side if derived.sided else 1
                rows.append((trade.entry_time_ns, value if derived.grouped else sign * value, trade.net_bps))
    rows.sort(key=lambda r: r[0])
    days = np.array([r[0] // DAY_NS for r in rows], dtype=np.int64)
    return np.array([r[1] for r in rows]), np.array([r[2] for r in rows], dtype=float), days


def _correlation(values: Floats, returns: Floats, days: np.ndarray) -> dict[str, Any]:
    x, y = rankdata(values), rankdata(returns)
    if np.std(x) == 0 or np.std(y) == 0:
        return {"value": None, "ci": None, "auc": None, "why": "the feature is the same at every trade"}
    rng = np.random.default_rng(0)
    _, day = np.unique(days, return_inverse=True)
    drawn = rng.multinomial(day.max() + 1, np.full(day.max() + 1, 1 / (day.max() + 1)), size=DRAWS)
    low, high = np.quantile([_weighted(x, y, counts[day]) for counts in drawn], [0.025, 0.975])
    won = returns > 0
    pairs = won.sum() * (~won).sum()
    auc = float((rankdata(values)[won].sum() - won.sum() * (won.sum() + 1) / 2) / pairs) if pairs else None
    return {"value": _weighted(x, y, np.ones(len(x))), "ci": [float(low), float(high)], "auc": auc}


def rankdata(values: Floats) -> Floats:
    """Ranks from 1, ties shared."""
    return np.asarray(pd.Series(values).rank().to_numpy())


def _weighted(x: Floats, y: Floats, weight: np.ndarray) -> float:
    """Correlation with weights; 0 where it is not defined."""
    total = weight.sum()
    dx, dy = x - (weight @ x) / total, y - (weight @ y) / total
    scale = np.sqrt((weight @ dx**2) * (weight @ dy**2))
    return float((weight * dx) @ dy / scale) if scale > 0 else 0.0


def _groups(values: np.ndarray, returns: Floats) -> dict[str, Any]:
    """Share of the outcomes' rank variance that lies between the groups, and how often a shift of the outcomes gives as much."""
    names, group = np.unique(values, return_inverse=True)
    y = rankdata(returns)
    rng = np.random.default_rng(0)
    shifts = rng.integers(1, len(y), DRAWS)
    own = _between(group, y)
    p = (1 + sum(_between(group, np.roll(y, int(s))) >= own for s in shifts)) / (DRAWS + 1)
    rows = {
        str(name): {"n": int((group == i).sum()), "mean_bps": float(returns[group == i].mean())}
        for i, name in enumerate(names)
    }
    return {"value": own, "p": float(p), "groups": rows}


def _between(group: np.ndarray, y: Floats) -> float:
    counts = np.bincount(group)
    means = np.bincount(group, y) / counts
    total = float(((y - y.mean()) ** 2).sum())
    return float((counts * (means - y.mean()) ** 2).sum() / total) if total > 0 else 0.0
