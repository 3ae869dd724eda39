"""Patterns: rules found on the first part of the data, confirmed or not on the later part that they were not made from.

In-sample "significant" rules appear in every world without an effect; after confirmation 3–7 % do (measured).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tools.contracts import Market
from tools.discovery.errors import DiscoveryError
from tools.discovery.record import HypothesisRecord, data_hash
from tools.discovery.rules import Rows, Rule, grow_rules, rows_of
from tools.records import jsonable
from tools.statistics.day_ratio import day_estimate
from tools.statistics.online import SETTLED

STREAM = "pattern"
#: Share of the days on which rules are grown; a day between the parts is dropped.
_GROWN_ON, _EMBARGO_DAYS = 0.6, 1
_LEAST_DAYS = 20


@dataclass(frozen=True)
class Pattern:
    """A rule and what the later sample says of it: ``effect_bps`` and ``ci_bps`` (95 %, not adjusted) of its rows against all
    others, ``p`` one-sided, ``p_adjusted`` by Bonferroni over the rules that were put to the test together, ``held`` where
    that is within the alpha that was spent on all of them. ``since`` and ``until`` (days, UTC) bound the later sample."""

    rule: str
    direction: str
    effect_bps: float | None
    ci_bps: tuple[float, float] | None
    p: float
    p_adjusted: float
    held: bool
    n_events: int
    n_days: int
    scope: tuple[str, ...]
    horizon_minutes: int
    since: str
    until: str
    alpha_spent: float

    def to_json(self) -> dict[str, Any]:
        """Every field; tuples as lists."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Pattern:
        """The pattern that ``to_json`` wrote."""
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in document.items()}
        return cls(**values)


def discover(
    markets: Mapping[str, Market], record: HypothesisRecord, *, horizon_minutes: int, most: int
) -> list[Pattern]:
    """Grows at most ``most`` rules and confirms them, at the price of one test of the stream "pattern". The same question on
    the same bars is answered from the ledger. Raises DiscoveryError for fewer than 20 days."""
    minutes = next(iter(markets.values())).timeframe_minutes
    if horizon_minutes < minutes or horizon_minutes % minutes:
        raise DiscoveryError(f"horizon of {horizon_minutes} minutes: use a multiple of the bars' {minutes}")
    spec = {"kind": STREAM, "horizon_minutes": horizon_minutes, "most": most, "scope": sorted(markets)}
    identity = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()
    data = data_hash(markets)
    for entry in record.ledger.entries(SETTLED):
        if entry.body.get("spec_hash") == identity and entry.body.get("data") == data:
            return [Pattern.from_json(p) for p in entry.body["patterns"]]
    rows = rows_of(markets, horizon_minutes // minutes)
    early, late = _halves(rows)
    rules = grow_rules(early, most)
    if not rules:
        return []
    asked = "patterns: " + "; ".join(rule.text for rule in rules)
    spent = record.begin(asked, {**spec, "rules": [rule.text for rule in rules]}, identity, data, STREAM)
    rng = np.random.default_rng(int(identity[:16], 16))
    found = [_confirmed(rule, late, len(rules), spent.level, spec, rng) for rule in rules]
    found.sort(key=lambda pattern: pattern.p)
    body = {"spec_hash": identity, "data": data, "patterns": [jsonable(p.to_json()) for p in found]}
    record.alpha.settle(spent, min(p.p_adjusted for p in found), body)
    return found


def _halves(rows: Rows) -> tuple[Rows, Rows]:
    days = np.unique(rows.day)
    if len(days) < _LEAST_DAYS:
        raise DiscoveryError(
            f"{len(days)} days of bars: patterns need at least {_LEAST_DAYS}; give more data"
        )
    cut = int(days[int(_GROWN_ON * len(days))])
    return rows.where(rows.day < cut), rows.where(rows.day >= cut + _EMBARGO_DAYS)


def _confirmed(
    rule: Rule, late: Rows, together: int, level: float, spec: Mapping[str, Any], rng: np.random.Generator
) -> Pattern:
    inside = rule.holds(late)
    first, last = int(late.day.min()), int(late.day.max())
    held_on = np.unique(late.day[inside])
    effect = interval = None
    p = 1.0
    if len(held_on) >= 8 and (~inside).any():
        size = float(late.size_bps[inside].mean())
        total, count = _by_day(rule, late, inside, first, last)
        found = day_estimate(total, count, rng)
        effect, interval, p = found.effect * size, (found.low * size, found.high * size), found.p
    adjusted = min(1.0, p * together)
    return Pattern(
        rule=rule.text,
        direction="up" if rule.direction > 0 else "down",
        effect_bps=effect,
        ci_bps=interval,
        p=p,
        p_adjusted=adjusted,
        held=adjusted <= level,
        n_events=int(inside.sum()),
        n_days=len(held_on),
        scope=tuple(spec["scope"]),
        horizon_minutes=int(spec["horizon_minutes"]),
        since=str(np.datetime64(first, "D")),
        until=str(np.datetime64(last, "D")),
        alpha_spent=level,
    )


def _by_day(
    rule: Rule, late: Rows, inside: np.ndarray[Any, np.dtype[np.bool_]], first: int, last: int
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.float64]]]:
    """Signed outcomes of the rule's rows minus the mean of the others, whose own scatter goes into the totals too."""
    rest = late.y[~inside]
    days, length = late.day - first, last - first + 1
    apart = rule.direction * (late.y - rest.mean())
    weight = np.where(inside, 1.0, -inside.sum() / max(len(rest), 1))
    total = np.bincount(days, weights=weight * apart, minlength=length).astype(np.float64)
    return total, np.bincount(days[inside], minlength=length).astype(np.float64)
