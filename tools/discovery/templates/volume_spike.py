"""Far more is traded in a bar than usual."""

from __future__ import annotations

import numpy as np

from tools.contracts import Floats, Market
from tools.discovery.features import bars_a_day, lagged, past_move, trailing_mean
from tools.discovery.spec import HypothesisSpec
from tools.discovery.templates.base import Events, Template, events


def _event(spec: HypothesisSpec) -> str:
    return f"a bar with at least {spec.threshold:g} times the volume of an average bar of the day before"


def _build(market: Market, spec: HypothesisSpec, sigma: Floats) -> Events:
    volume = market.columns[market.columns_of("volume", "quote_volume")[0]]
    usual = lagged(trailing_mean(volume, bars_a_day(market)), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(usual > 0, volume / usual, np.nan)
    move = past_move(market, spec.lookback_bars, sigma)
    return events(market, spec, sigma, way=move, strength=times)


TEMPLATE = Template(
    name="volume_spike",
    title="volume spike",
    subjects=(
        r"\b(?<!delta )volume (?:spikes?|surges?|bursts?|clima\w+|explosions?|jumps?|peaks?|blow ?-?offs?)",
        r"(?:spikes?|surges?|bursts?|jumps?) (?:in|of) (?:trading )?volume",
        r"(?:high|heavy|large|unusual|extreme|huge|exceptional) (?:trading )?volume(?: bars?| candles?)?",
    ),
    roles=("volume",),
    directions=("continuation", "reversal", "up", "down"),
    horizon_minutes=30,
    lookback_minutes=5,
    threshold=3.0,
    unit="times the usual volume",
    event=_event,
    build=_build,
    example="Volume spikes are followed by reversals",
    control="bars with the same move and no spike",
)
