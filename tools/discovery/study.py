"""The event study: what followed the events more than what followed their controls, with everything that says how sure
that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.contracts import Floats
from tools.discovery.sample import DAY_NS, Placed, Sample, take_sample
from tools.discovery.spec import HypothesisSpec
from tools.statistics.circular_shift import circular_shift_p
from tools.statistics.day_ratio import day_estimate
from tools.statistics.max_t import max_t

#: Fewest events, and days with one, that say anything. Known before alpha is spent.
LEAST_EVENTS, LEAST_DAYS = 10, 8
_MANY_DRAWS = 29_999
_STEPS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0)


@dataclass(frozen=True)
class Measured:
    """A claim's measurement. ``effect``, ``low``, ``high``, ``se`` in standard deviations of the horizon, ``sd_bps`` being
    what one of those is worth on average at the events; ``p`` one-sided for the claimed direction (two-sided for the
    best of many). ``strength`` holds JSON rows; ``parts`` the p-values that ``p`` is the largest of; ``shift_p``
    None where no shift was made. ``found`` names the best of ``among`` many."""

    effect: float
    se: float
    low: float
    high: float
    p: float
    parts: Mapping[str, float]
    shift_p: float | None
    sd_bps: float
    n_events: int
    n_controls: int
    n_days: int
    days: int
    rate: float | None
    control_rate: float | None
    unmatched: int
    strength: tuple[dict[str, Any], ...] = ()
    found: str = ""
    among: int = 1


def measure(placed: list[Placed], spec: HypothesisSpec, rng: np.random.Generator) -> Measured | None:
    """What the data says about ``spec``; None where too few events have controls to compare with."""
    sample = take_sample(placed, spec)
    total, count = sample.by_day()
    if len(sample.y) < LEAST_EVENTS or (count > 0).sum() < LEAST_DAYS:
        return None
    found = day_estimate(total, count, rng)
    shift = circular_shift_p(
        sample.positions, sample.residuals, rng, least=max(1, 1440 // spec.timeframe_minutes)
    )
    return Measured(
        found.effect, found.se, found.low, found.high, found.p,
        {"day_clusters": found.p_cluster, "stationary_bootstrap": found.p_bootstrap},
        shift, sample.sd_bps, len(sample.y), sample.controls, found.days, sample.days,
        float((sample.signs * sample.forward > 0).mean()), sample.control_rate, sample.unmatched,
        _by_strength(sample, spec, rng),
    )  # fmt: skip


def _by_strength(
    sample: Sample, spec: HypothesisSpec, rng: np.random.Generator
) -> tuple[dict[str, Any], ...]:
    """Rate and effect of the events that reach each threshold. ``holds``: at 5 %, all thresholds judged together."""
    steps = [spec.threshold * step for step in _STEPS] if spec.threshold > 0 else [spec.threshold]
    chosen = [sample.strength >= step for step in steps]
    parts = [sample.by_day(c) for c in chosen]
    enough = [
        bool(c.sum() >= LEAST_EVENTS and (n > 0).sum() >= LEAST_DAYS)
        for c, (_, n) in zip(chosen, parts, strict=True)
    ]
    kept = [part for part, ok in zip(parts, enough, strict=True) if ok]
    judged = max_t(np.column_stack([t for t, _ in kept]), np.column_stack([n for _, n in kept]), rng)
    effects, ps = iter(judged.effects.tolist()), iter(judged.p.tolist())
    rows = []
    for step, c, ok in zip(steps, chosen, enough, strict=True):
        right = (sample.signs * sample.forward > 0)[c]
        p = next(ps) if ok else None
        rows.append(
            {
                "threshold": round(step, 6),
                "rate": float(right.mean()) if len(right) else None,
                "n": len(right),
                "effect": next(effects) if ok else None,
                "p_max_t": p,
                "holds": None if p is None else p <= 0.05,
            }
        )
    return tuple(rows)


def measure_hours(placed: list[Placed], spec: HypothesisSpec, rng: np.random.Generator) -> Measured | None:
    """Which of the 24 hours moves unlike the rest of its day, judged as the best of 24. Hours are averaged over symbols;
    a day counts where all 24 are known."""
    table, sd_bps = _hour_table(placed)
    if len(table) < LEAST_DAYS:
        return None
    apart = table - table.mean(axis=1, keepdims=True)
    judged = max_t(apart, np.ones_like(apart), rng, two_sided=True, draws=1_999)
    draws = _MANY_DRAWS if judged.p.min() <= 0.01 else 1_999
    if draws == _MANY_DRAWS:  # a small p-value needs more draws than a large one
        judged = max_t(apart, np.ones_like(apart), rng, two_sided=True, draws=draws)
    best = judged.best
    flipped = _sign_flip_max(apart, float(np.abs(judged.effects[best]) / judged.se[best]), rng, draws)
    sign = 1.0 if judged.effects[best] >= 0 else -1.0
    effect, se = float(judged.effects[best]) * sign, float(judged.se[best])
    margin = judged.critical * se
    parts = {"max_t_bootstrap": float(judged.p[best]), "max_t_sign_flip": flipped}
    return Measured(
        effect, se, effect - margin, effect + margin, max(parts.values()), parts, None, sd_bps,
        len(table), 23 * len(table), len(table), len(table),
        float((sign * table[:, best] > 0).mean()), None, 0, (),
        f"{best:02d}:00 UTC, where prices {'rise' if sign > 0 else 'fall'} against the rest of the day",
        48,
    )  # fmt: skip


def _hour_table(placed: list[Placed]) -> tuple[Floats, float]:
    """Moves of each hour in standard deviations, float64 (days, 24), and the mean size of one in basis points."""
    sums: dict[int, list[Floats]] = {}
    sizes = []
    for p in placed:
        bars = max(1, 60 // p.market.timeframe_minutes)
        opens_next = p.market.time + p.market.timeframe_minutes * 60_000_000_000
        starts = np.flatnonzero((opens_next % 3_600_000_000_000 == 0) & np.isfinite(p.sigma))
        starts = starts[starts + bars < len(p.market)]
        opened, closed = np.log(p.market.columns["open"]), np.log(p.market.columns["close"])
        move = closed[starts + bars] - opened[starts + 1]
        scale = p.sigma[starts] * np.sqrt(bars)
        sizes.append(float(scale.mean() * 1e4) if len(scale) else np.nan)
        row = np.clip(move / scale, -6.0, 6.0)
        days, hours = opens_next[starts] // DAY_NS, opens_next[starts] // 3_600_000_000_000 % 24
        for day in np.unique(days).tolist():
            here = days == day
            if here.sum() == 24:
                values = np.empty(24)
                values[hours[here]] = row[here]
                sums.setdefault(int(day), []).append(values)
    table = np.array([np.mean(sums[day], axis=0) for day in sorted(sums)]).reshape(-1, 24)
    return table, float(np.nanmean(sizes)) if sizes else float("nan")


def _sign_flip_max(table: Floats, seen: float, rng: np.random.Generator, draws: int) -> float:
    """p of the largest |t| among columns when whole days change sign together."""
    days = len(table)
    square = (table**2).sum(axis=0)
    reached = 0
    for size in [500] * (draws // 500) + ([draws % 500] if draws % 500 else []):
        signs = rng.integers(0, 2, (size, days)) * 2.0 - 1.0
        mean = signs @ table / days
        sd = np.sqrt(np.maximum(square / days - mean**2, 1e-300) / (days - 1))
        reached += int((np.abs(mean / sd).max(axis=1) >= seen).sum())
    return (reached + 1) / (draws + 1)
