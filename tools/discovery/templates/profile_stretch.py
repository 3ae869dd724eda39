"""The price is far from where most was traded in the last day."""

from __future__ import annotations

import numpy as np

from tools.contracts import Floats, Market
from tools.discovery.features import bars_a_day, typical_price
from tools.discovery.spec import HypothesisSpec
from tools.discovery.templates.base import Events, Template, events, way_words
from tools.market.volume_profile import volume_profile


def _event(spec: HypothesisSpec) -> str:
    where = way_words(spec, "above", "below", "away from")
    return f"a price at least {spec.threshold:g} widths of the value area {where} the last day's point of control"


def stretch(market: Market) -> Floats:
    """Close minus the last day's point of control, in widths of its value area; NaN where there is none."""
    volume = market.columns[market.columns_of("volume", "quote_volume")[0]]
    control, low, high = volume_profile(typical_price(market), volume, max(2, bars_a_day(market)))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(high > low, (market.columns["close"] - control) / (high - low), np.nan))


def _build(market: Market, spec: HypothesisSpec, sigma: Floats) -> Events:
    away = stretch(market)
    return events(market, spec, sigma, way=away, strength=np.abs(away))


_CONTROL = r"(?:point of control|\bpoc\b|value area|volume profile)"

TEMPLATE = Template(
    name="volume_profile",
    title="distance to the point of control",
    subjects=(
        rf"(?:a )?(?:big |large |great |far |wide )?(?:distances?|stretch(?:es)?|deviations?) (?:from|to) (?:the |its )?{_CONTROL}",
        rf"prices? (?:far |well |stretched )?(?:above|below|away from|outside) (?:the |its )?{_CONTROL}",
        rf"(?:the |its )?{_CONTROL}",
    ),
    roles=("volume",),
    directions=("continuation", "reversal", "up", "down"),
    horizon_minutes=60,
    lookback_minutes=60,
    threshold=0.5,
    unit="widths of the value area",
    event=_event,
    build=_build,
    example="Price reverts to the point of control",
    control="bars with the same past move, near the point of control",
)
