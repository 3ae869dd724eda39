"""One claim from its words to its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from tools.contracts import Market
from tools.discovery.compile import Compiled
from tools.discovery.record import HypothesisRecord, data_hash
from tools.discovery.result import HypothesisResult
from tools.discovery.sample import DAY_NS, Placed, place
from tools.discovery.spec import HypothesisSpec
from tools.discovery.study import LEAST_DAYS, LEAST_EVENTS, Measured, measure, measure_hours
from tools.discovery.verdict import months_for, verdict_of, why_of
from tools.statistics.online import ASSUMPTION, Spent
from tools.statistics.power import DAYS_A_MONTH


def validate(
    asked: str, compiled: Compiled, markets: Mapping[str, Market], until: str, record: HypothesisRecord
) -> HypothesisResult:
    """Tests a compiled claim once: the claim and its alpha go into the ledger, then the outcome is looked at, then the
    result goes in. The same claim on the same bars is answered from the ledger. Raises StatisticsError where the stream
    belongs to another procedure."""
    spec = compiled.spec
    scope = {name: markets[name] for name in spec.scope}
    data = data_hash(scope)
    known = record.answered(spec.sha256, data)
    if known is not None:
        return _repeated(known, asked, compiled)
    placed = place(scope, spec)
    frame = _frame(asked, compiled, placed, until)
    lack = too_few(placed, spec)
    if lack:
        return replace(frame, verdict="untestable", why=f"Untestable: {lack}. Nothing was spent.")
    spent = record.begin(asked, spec.to_json(), spec.sha256, data, spec.template)
    rng = np.random.default_rng(int(spec.sha256[:16], 16))
    found = (measure_hours if spec.direction == "any" else measure)(placed, spec, rng)
    result = replace(frame, alpha_spent=spent.level, assumes=ASSUMPTION[record.alpha.procedure])
    return record.finish(spent, _judged(result, found, spec, spent, record), data)


def too_few(placed: list[Placed], spec: HypothesisSpec) -> str:
    """What is missing for a test, from the events alone; empty where nothing is."""
    if spec.direction == "any":
        days = max((len(np.unique(p.market.time // DAY_NS)) for p in placed), default=0)
        return "" if days > LEAST_DAYS else f"{days} days of bars are too few; give more than {LEAST_DAYS}"
    bars = sum(len(p.bars) for p in placed)
    days = len({int(d) for p in placed for d in p.market.time[p.bars] // DAY_NS})
    if bars >= LEAST_EVENTS and days >= LEAST_DAYS:
        return ""
    lower = ", a lower --threshold" if spec.threshold > 0 else ""
    return (
        f"{bars} such events on {days} days; {LEAST_EVENTS} on {LEAST_DAYS} days are the least that say anything. "
        f"Give more data{lower}"
    )


def _frame(asked: str, compiled: Compiled, placed: list[Placed], until: str) -> HypothesisResult:
    """Everything about a result that is known before its test."""
    spec = compiled.spec
    since = min(int(p.market.time[0]) for p in placed)
    days = {int(d) for p in placed for d in np.unique(p.market.time // DAY_NS)}
    return HypothesisResult(
        asked=asked,
        claim=spec.claim,
        spec=spec.to_json(),
        verdict="",
        why="",
        spec_hash=spec.sha256,
        horizon_minutes=spec.horizon_minutes,
        min_useful_bps=spec.min_useful_bps,
        n_events=sum(len(p.bars) for p in placed),
        months_of_data=len(days) / DAYS_A_MONTH,
        unused_words=compiled.unused,
        skipped=compiled.skipped or None,
        since=datetime.fromtimestamp(since // 1_000_000_000, tz=UTC).isoformat(),
        until=until,
    )


def _judged(
    frame: HypothesisResult,
    found: Measured | None,
    spec: HypothesisSpec,
    spent: Spent,
    record: HypothesisRecord,
) -> HypothesisResult:
    """The frame filled in. Where too few events had controls the level is lost: that is only known afterwards."""
    if found is None:
        lost = record.alpha.next_level(spent.stream)
        why = "Can't tell: too few of the events have controls with the same past move. Not evidence against the idea."
        return replace(frame, verdict="underpowered", why=why, next_level=lost)
    verdict = verdict_of(found, spec, spent.level)
    next_level = record.alpha.level_after(spent.stream, spent, found.p)
    holds = [row["threshold"] for row in found.strength if row["holds"]]
    parts = dict(found.parts) | ({} if found.shift_p is None else {"circular_shift": found.shift_p})
    return replace(
        frame,
        verdict=verdict,
        why=why_of(verdict, found, spec, spent.level, next_level) + _naming(spec),
        effect=found.effect,
        effect_bps=found.effect * found.sd_bps,
        ci=(found.low, found.high),
        ci_bps=(found.low * found.sd_bps, found.high * found.sd_bps),
        se=found.se,
        sd_bps=found.sd_bps,
        p=found.p,
        p_parts=parts,
        n_events=found.n_events,
        n_controls=found.n_controls,
        n_days=found.n_days,
        rate=found.rate,
        rate_controls=found.control_rate,
        strength=found.strength,
        holds_from=holds[0] if holds else None,
        found=found.found,
        next_level=next_level,
        months_needed=months_for(found, spec, next_level),
    )


def _naming(spec: HypothesisSpec) -> str:
    if spec.flow != "estimate":
        return ""
    return " The flow is an estimate from candles, not CVD: on true flow the answer may be another."


def _repeated(known: HypothesisResult, asked: str, compiled: Compiled) -> HypothesisResult:
    seq = (known.ledger or {}).get("result")
    why = f"{known.why} Asked before, on {str(known.asked_at)[:10]}, on the same bars: answered from ledger entry {seq}, nothing more was spent."
    return replace(known, asked=asked, why=why, repeated=True, unused_words=compiled.unused)
