"""Simple rules about what is known at a bar's close, grown on one sample by trees of depth 2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.contracts import Floats, Ints, Market
from tools.discovery.features import (
    bars_a_day,
    forward_move,
    lagged,
    past_move,
    trailing_mean,
    trailing_sd,
    volatility,
)
from tools.discovery.flow import taker_flow
from tools.discovery.templates.oi_squeeze import rise_sd

#: A leaf must hold this share of the sample, and at least so many rows.
_LEAF_SHARE, _LEAF_ROWS = 0.02, 100
_UNITS = {
    "move_15m": "sd",
    "move_1h": "sd",
    "move_4h": "sd",
    "volume": "times usual",
    "flow_15m": "sd",
    "open_interest_30m": "sd",
    "hour": "UTC",
}
#: One tree for each group, and one for all: a strong feature must not hide the others.
_GROUPS = (("move_15m", "move_1h", "move_4h"), ("volume", "move_15m"), ("flow_15m", "move_15m"),
           ("open_interest_30m", "move_15m"), ("hour", "move_1h"))  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """One row for each decision: ``features`` name -> float64 (rows,), NaN = not known; ``y`` what followed, in standard
    deviations; ``size_bps`` what one of them is worth; ``day`` since the epoch, UTC."""

    features: Mapping[str, Floats]
    y: Floats
    size_bps: Floats
    day: Ints

    def where(self, keep: NDArray[np.bool_]) -> Rows:
        """Some of the rows."""
        return Rows(
            {n: v[keep] for n, v in self.features.items()}, self.y[keep], self.size_bps[keep], self.day[keep]
        )


@dataclass(frozen=True)
class Rule:
    """All ``conditions`` (feature, "<=" or ">", value) hold; then price is said to go ``direction`` (+1, -1)."""

    conditions: tuple[tuple[str, str, float], ...]
    direction: int

    def holds(self, rows: Rows) -> NDArray[np.bool_]:
        """Rows to which it applies; a feature that is not known applies to nothing."""
        found = np.ones(len(rows.y), dtype=bool)
        for name, sign, value in self.conditions:
            with np.errstate(invalid="ignore"):
                found &= rows.features[name] > value if sign == ">" else rows.features[name] <= value
        return found

    @property
    def text(self) -> str:
        """The rule in words."""
        parts = [f"{name} {sign} {value:.3g} {_UNITS[name]}" for name, sign, value in self.conditions]
        return f"{' and '.join(parts)} -> {'up' if self.direction > 0 else 'down'}"


def rows_of(markets: Mapping[str, Market], horizon_bars: int) -> Rows:
    """Rows a horizon apart, so that outcomes do not overlap within a symbol; features that not all symbols have are left
    out."""
    parts = [_symbol_rows(market, horizon_bars) for market in markets.values()]
    names = [n for n in parts[0].features if all(n in part.features for part in parts)]
    return Rows(
        {n: np.concatenate([p.features[n] for p in parts]) for n in names},
        np.concatenate([p.y for p in parts]),
        np.concatenate([p.size_bps for p in parts]),
        np.concatenate([p.day for p in parts]),
    )


def grow_rules(rows: Rows, most: int) -> list[Rule]:
    """The ``most`` leaves that stand furthest from the mean, in standard errors, of depth-2 trees on ``rows``. The figures they
    show here are worth nothing: they were chosen by them."""
    found: dict[Rule, float] = {}
    groups = [*_GROUPS, tuple(rows.features)]
    for group in groups:
        if set(group) <= set(rows.features):
            found.update(_leaves(rows, group))
    return sorted(found, key=lambda rule: -found[rule])[:most]


def _symbol_rows(market: Market, horizon: int) -> Rows:
    sigma = volatility(market)
    minutes = market.timeframe_minutes
    features = {
        name: past_move(market, max(1, length // minutes), sigma)
        for name, length in (("move_15m", 15), ("move_1h", 60), ("move_4h", 240))
    }
    volumes = market.columns_of("volume", "quote_volume")
    if volumes:
        volume = market.columns[volumes[0]]
        usual = lagged(trailing_mean(volume, bars_a_day(market)), 1)
        features["volume"] = volume / np.where(usual > 0, usual, np.nan)
    flow = taker_flow(market)
    if flow is not None:
        share = trailing_mean(flow[0], max(1, 15 // minutes)) / trailing_mean(flow[1], bars_a_day(market))
        features["flow_15m"] = share / trailing_sd(share, 3 * bars_a_day(market))
    if market.columns_of("open_interest"):
        features["open_interest_30m"] = rise_sd(market, max(1, 30 // minutes))
    features["hour"] = (market.time // 3_600_000_000_000 % 24).astype(np.float64)
    forward = forward_move(market, horizon, sigma)
    grid = (np.arange(len(market)) % horizon == 0) & np.isfinite(forward)
    every = Rows(features, forward, sigma * np.sqrt(horizon) * 1e4, market.time // 86_400_000_000_000)
    return every.where(grid)


def _leaves(rows: Rows, names: tuple[str, ...]) -> dict[Rule, float]:
    """The leaves of one tree, each with its distance from the mean."""
    known = np.all([np.isfinite(rows.features[n]) for n in names], axis=0)
    part = rows.where(known)
    if len(part.y) < 4 * _LEAF_ROWS:
        return {}
    table = np.column_stack([part.features[n] for n in names])
    leaf = max(_LEAF_ROWS, int(_LEAF_SHARE * len(part.y)))
    tree: Any = import_module("sklearn.tree").DecisionTreeRegressor(
        max_depth=2, min_samples_leaf=leaf, random_state=0
    )
    tree.fit(table, part.y)
    found = {}
    for conditions in _paths(tree.tree_, names):
        rule = Rule(conditions, 1)
        inside = rule.holds(part)
        apart = part.y[inside].mean() - part.y.mean()
        if conditions and apart:
            score = abs(apart) / (part.y[inside].std() / np.sqrt(inside.sum()))
            found[Rule(conditions, 1 if apart > 0 else -1)] = float(score)
    return found


def _paths(tree: Any, names: tuple[str, ...]) -> list[tuple[tuple[str, str, float], ...]]:
    """The conditions on the way to each leaf."""
    out: list[tuple[tuple[str, str, float], ...]] = []
    waiting: list[tuple[int, tuple[tuple[str, str, float], ...]]] = [(0, ())]
    while waiting:
        node, path = waiting.pop()
        if tree.children_left[node] < 0:
            out.append(path)
            continue
        name, value = names[tree.feature[node]], float(tree.threshold[node])
        waiting.append((int(tree.children_left[node]), (*path, (name, "<=", value))))
        waiting.append((int(tree.children_right[node]), (*path, (name, ">", value))))
    return out
