"""One side pays far more than usual to hold its positions."""

from __future__ import annotations

import numpy as np

from tools.contracts import Floats, Market
from tools.discovery.features import trailing_mean, trailing_sd
from tools.discovery.spec import HypothesisSpec
from tools.discovery.templates.base import Events, Template, events, way_words

#: Payments that say what is usual: 30 days of three a day.
_USUAL = 90
_EIGHT_HOURS_NS = 8 * 3_600_000_000_000


def _event(spec: HypothesisSpec) -> str:
    return f"a funding payment at least {spec.threshold:g} sd {way_words(spec, 'above', 'below', 'from')} the mean of the last {_USUAL}"


def payments(market: Market) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Bars that carry a funding payment. A rate that is carried along on every bar pays every eight hours."""
    rate = market.columns[market.columns_of("funding")[0]]
    there = np.isfinite(rate) & (rate != 0.0)
    if there.mean() > 0.5 and market.timeframe_minutes < 480:
        there &= market.time % _EIGHT_HOURS_NS == 0
    return np.flatnonzero(there)


def _build(market: Market, spec: HypothesisSpec, sigma: Floats) -> Events:
    rate = market.columns[market.columns_of("funding")[0]]
    paid = payments(market)
    extreme = np.full(len(market), np.nan)
    extreme[paid] = (rate[paid] - trailing_mean(rate[paid], _USUAL)) / trailing_sd(rate[paid], _USUAL)
    # High funding is paid by longs: it is their move that continues or turns.
    return events(market, spec, sigma, way=extreme, strength=np.abs(extreme))


TEMPLATE = Template(
    name="funding_extreme",
    title="funding extreme",
    subjects=(
        r"(?:extreme\w*|very high|very low|elevated|spiking|unusual|crowded) (?:positive |negative )?funding(?: rates?)?",
        r"funding(?: rates?)? (?:extremes?|spikes?|is extreme|peaks?)",
    ),
    roles=("funding",),
    directions=("reversal", "continuation", "up", "down"),
    horizon_minutes=480,
    lookback_minutes=480,
    threshold=1.5,
    unit="sd of the funding rate",
    event=_event,
    build=_build,
    example="Extreme funding predicts a reversal",
    control="other funding payments after the same past move",
)
