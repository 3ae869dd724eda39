"""A claim's events, their controls and what followed, over all its symbols, one row each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.contracts import Floats, Ints, Market
from tools.discovery.features import forward_move, volatility
from tools.discovery.spec import HypothesisSpec
from tools.discovery.templates.base import Events
from tools.discovery.templates.registry import template_named

DAY_NS = 86_400_000_000_000
#: Bins of the past move within which events and controls are compared, and controls that a bin must hold.
_BINS, _LEAST_CONTROLS = 10, 20


@dataclass(frozen=True)
class Placed:
    """Events and controls of one symbol before anything is known of what followed: positions of the bars, signs of the
    events. Events are at least a horizon apart, so their outcomes do not overlap; controls do not lie within a horizon
    after an event."""

    symbol: str
    market: Market
    events: Events
    sigma: Floats
    bars: Ints
    signs: Floats
    controls: Ints


def place(markets: Mapping[str, Market], spec: HypothesisSpec) -> list[Placed]:
    """Finds the events of ``spec`` in its scope. Looks at no outcome: this may happen before alpha is spent."""
    build = template_named(spec.template).build
    placed = []
    for symbol in spec.scope:
        market = markets[symbol]
        sigma = volatility(market)
        found = build(market, spec, sigma)
        usable = np.isfinite(sigma)
        usable[max(0, len(market) - spec.horizon_bars) :] = False
        bars = _apart(np.flatnonzero((found.direction != 0) & usable), spec.horizon_bars)
        near = _after(np.flatnonzero(found.direction != 0), spec.horizon_bars, len(market))
        controls = np.flatnonzero(found.eligible & usable & ~near)
        signs = found.direction[bars].astype(np.float64)
        placed.append(Placed(symbol, market, found, sigma, bars, signs, controls))
    return placed


@dataclass(frozen=True)
class Sample:
    """``y`` is the signed forward move of each event minus that of controls with the same past move, in standard
    deviations. ``day`` counts from ``first_day`` (days since the epoch, UTC). ``influence`` holds for each day what the
    controls' own scatter does to the sum of ``y``. ``residuals``: per symbol, each bar's forward move minus the
    controls', NaN = not known, and ``positions`` the events' bars and signs in it, for shifting."""

    y: Floats
    forward: Floats
    signs: Floats
    strength: Floats
    day: Ints
    days: int
    first_day: int
    influence: Floats
    sd_bps: float
    control_rate: float
    controls: int
    unmatched: int
    residuals: list[Floats]
    positions: list[tuple[Ints, Floats]]

    def by_day(self, chosen: NDArray[np.bool_] | None = None) -> tuple[Floats, Floats]:
        """Total and count of each day. Of some events alone: without the controls' scatter."""
        keep = np.ones(len(self.y), dtype=bool) if chosen is None else chosen
        total = np.bincount(self.day[keep], weights=self.y[keep], minlength=self.days)
        count = np.bincount(self.day[keep], minlength=self.days).astype(np.float64)
        share = keep.mean() if len(keep) else 0.0
        return total + share * self.influence, count


def take_sample(placed: list[Placed], spec: HypothesisSpec) -> Sample:
    """What followed. Events whose past move no 20 controls share are left out and counted."""
    forwards = [forward_move(p.market, spec.horizon_bars, p.sigma) for p in placed]
    edges = _edges(np.concatenate([p.events.past[p.bars] for p in placed]))
    control_bin = _bins(np.concatenate([p.events.past[p.controls] for p in placed]), edges)
    control_move = np.concatenate([f[p.controls] for p, f in zip(placed, forwards, strict=True)])
    inside = (control_bin >= 0) & np.isfinite(control_move)
    control_bin, control_move = control_bin[inside], control_move[inside]
    count = np.bincount(control_bin, minlength=_BINS)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(control_bin, weights=control_move, minlength=_BINS) / count
        rises = np.bincount(control_bin, weights=control_move > 0, minlength=_BINS) / count
        falls = np.bincount(control_bin, weights=control_move < 0, minlength=_BINS) / count
    mean[count < _LEAST_CONTROLS] = np.nan

    forward, signs, strength, bins, time, sigma = _event_rows(placed, forwards, edges)
    matched = np.isfinite(mean[bins]) & np.isfinite(forward)
    forward, signs, strength, sigma = (a[matched] for a in (forward, signs, strength, sigma))
    bins, time = bins[matched], time[matched]
    control_time = np.concatenate([p.market.time[p.controls] for p in placed])[inside]
    first = min(int(p.market.time[0]) for p in placed) // DAY_NS
    days = max(int(p.market.time[-1]) for p in placed) // DAY_NS - first + 1
    net = np.bincount(bins, weights=signs, minlength=_BINS)
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = np.where(count >= _LEAST_CONTROLS, -net / count, 0.0)
    scatter = pull[control_bin] * (control_move - np.nan_to_num(mean)[control_bin])
    right = np.where(signs > 0, rises[bins], falls[bins])
    return Sample(
        y=signs * (forward - mean[bins]),
        forward=forward,
        signs=signs,
        strength=strength,
        day=time // DAY_NS - first,
        days=int(days),
        first_day=int(first),
        influence=np.bincount(control_time // DAY_NS - first, weights=scatter, minlength=int(days)).astype(
            float
        ),
        sd_bps=float(sigma.mean() * np.sqrt(spec.horizon_bars) * 1e4) if len(sigma) else float("nan"),
        control_rate=float(right.mean()) if len(right) else float("nan"),
        controls=len(control_move),
        unmatched=int((~matched).sum()),
        residuals=[_residual(p, f, edges, mean) for p, f in zip(placed, forwards, strict=True)],
        positions=[(p.bars, p.signs) for p in placed],
    )


def _event_rows(
    placed: list[Placed], forwards: list[Floats], edges: Floats
) -> tuple[Floats, Floats, Floats, Ints, Ints, Floats]:
    """Forward move, sign, strength, bin, time and volatility of every event, symbol after symbol."""
    return (
        np.concatenate([f[p.bars] for p, f in zip(placed, forwards, strict=True)]),
        np.concatenate([p.signs for p in placed]),
        np.concatenate([p.events.strength[p.bars] for p in placed]),
        np.clip(_bins(np.concatenate([p.events.past[p.bars] for p in placed]), edges), 0, _BINS - 1),
        np.concatenate([p.market.time[p.bars] for p in placed]),
        np.concatenate([p.sigma[p.bars] for p in placed]),
    )


def _residual(placed: Placed, forward: Floats, edges: Floats, mean: Floats) -> Floats:
    """Forward moves minus the mean of the controls with the nearest past move."""
    bins = np.clip(np.searchsorted(edges, placed.events.past, side="right") - 1, 0, _BINS - 1)
    return forward - mean[bins]


def _edges(past: Floats) -> Floats:
    """Bin edges (11,) at the deciles of the events' past moves: from the moves alone, not from what followed."""
    if not len(past):
        return np.linspace(-1.0, 1.0, _BINS + 1)
    return np.asarray(np.quantile(past, np.linspace(0.0, 1.0, _BINS + 1)))


def _bins(past: Floats, edges: Floats) -> Ints:
    """The bin of each move, -1 outside all of them."""
    found = np.searchsorted(edges, past, side="right") - 1
    found[past == edges[-1]] = _BINS - 1
    return np.where((found >= 0) & (found < _BINS) & np.isfinite(past), found, -1)


def _apart(bars: Ints, horizon: int) -> Ints:
    """The first of each run of events: the next counts once the outcome of the one before is over."""
    kept, free = [], -1
    for bar in bars.tolist():
        if bar >= free:
            kept.append(bar)
            free = bar + horizon
    return np.array(kept, dtype=np.int64)


def _after(bars: Ints, horizon: int, length: int) -> NDArray[np.bool_]:
    """Bars less than a horizon after an event, the event's own bar included."""
    marks = np.zeros(length + horizon, dtype=np.int64)
    marks[bars] += 1
    marks[bars + horizon] -= 1
    return np.asarray(np.cumsum(marks)[:length] > 0)
