"""The clock: some hours are said to be better than others."""

from __future__ import annotations

import numpy as np

from tools.contracts import Floats, Market
from tools.discovery.spec import HypothesisSpec
from tools.discovery.templates.base import Events, Template, events

_HOUR_NS = 3_600_000_000_000


def _event(spec: HypothesisSpec) -> str:
    if not spec.hours:
        return "one of the 24 hours of the day (UTC)"
    first, end = spec.hours
    return f"the stretch from {first:02d}:00 to {end:02d}:00 UTC"


def _build(market: Market, spec: HypothesisSpec, sigma: Floats) -> Events:
    first, end = spec.hours or (0, 24)
    opens_next = market.time + market.timeframe_minutes * 60_000_000_000
    starts = opens_next % _HOUR_NS == 0
    hour = opens_next // _HOUR_NS % 24
    here = starts & (hour == first)
    hours = max(1, spec.horizon_minutes // 60)
    clear = ((hour - first) % 24 >= (end - first) % 24) & ((first - hour) % 24 >= hours)
    strength = np.where(np.isfinite(sigma), 1.0, np.nan)
    way = np.ones(len(market))
    return events(
        market,
        spec,
        sigma,
        way=way,
        strength=strength,
        happened=here,
        eligible=starts & clear & ~np.isnan(sigma),
    )


_CLOCK = r"(\d{1,2})(?::00)?(?: ?h)?"

TEMPLATE = Template(
    name="hour_of_day",
    title="hour of the day",
    subjects=(
        rf"(?:between|from) {_CLOCK}(?: utc)? (?:and|to|until|-) {_CLOCK}(?: utc| o'?clock)?",
        rf"\bat {_CLOCK}(?: utc| o'?clock)",
        r"(?:the )?(?:hours?|time) of (?:the )?day",
        r"(?:some|certain|particular|one) hours?",
    ),
    roles=(),
    directions=("up", "down", "any"),
    horizon_minutes=60,
    lookback_minutes=60,
    threshold=0.0,
    unit="none",
    event=_event,
    build=_build,
    example="Prices rise between 7 and 10 UTC",
    control="the other hours of the day after the same past move",
)
