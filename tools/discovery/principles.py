"""A principle: a hypothesis that held, as a tested contrast with its effect, interval, scope and date. Never a cause."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from tools.discovery.result import HypothesisResult
from tools.discovery.verdict import signed


@dataclass(frozen=True)
class Principle:
    """What held, where and when. ``effect_bps`` and ``ci_bps`` (95 %) are before costs; ``rate`` is the share of events that
    went the claimed way; ``since`` and ``until`` bound the data, ``tested`` is when it was looked at (ISO, UTC); ``ledger`` is
    the entry of the result. It says nothing about other symbols or later times: that takes a test of its own."""

    text: str
    contrast: str
    template: str
    direction: str
    effect_bps: float
    ci_bps: tuple[float, float]
    rate: float | None
    n_events: int
    n_days: int
    scope: tuple[str, ...]
    horizon_minutes: int
    since: str | None
    until: str | None
    tested: str | None
    spec_hash: str | None
    ledger: int | None

    def to_json(self) -> dict[str, Any]:
        """Every field; tuples as lists."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


def extract_principle(result: HypothesisResult) -> Principle | None:
    """The principle that a ``supported`` result stands for; None for every other verdict."""
    spec, effect, interval = result.spec, result.effect_bps, result.ci_bps
    if result.verdict != "supported" or spec is None or effect is None or interval is None:
        return None
    scope = tuple(spec["scope"])
    found = f" ({result.found})" if result.found else ""
    contrast = f"{spec['event']}{found}, against {spec['control']}"
    entry = (result.ledger or {}).get("result")
    text = (
        f"On {', '.join(scope)}, from {str(result.since)[:10]} to {str(result.until)[:10]}: {spec['event']}{found} "
        f"came before {spec['outcome']}, {signed(effect)} bps more than {spec['control']} "
        f"(95 % interval {signed(interval[0])}..{signed(interval[1])}, n = {result.n_days} days, before costs). "
        f"Tested {str(result.asked_at)[:10]}, ledger entry {entry}."
    )
    return Principle(
        text=text,
        contrast=contrast,
        template=str(spec["template"]),
        direction=str(spec["direction"]),
        effect_bps=effect,
        ci_bps=interval,
        rate=result.rate,
        n_events=result.n_events or 0,
        n_days=result.n_days or 0,
        scope=scope,
        horizon_minutes=int(spec["horizon_minutes"]),
        since=result.since,
        until=result.until,
        tested=result.asked_at,
        spec_hash=result.spec_hash,
        ledger=entry,
    )
