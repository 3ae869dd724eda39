"""One side's aggressors dominate."""

from __future__ import annotations

import numpy as np

from tools.contracts import Floats, Market
from tools.discovery.spec import HypothesisSpec
from tools.discovery.templates.base import Events, Template, events, way_words
from tools.discovery.templates.flow_divergence import flow_words, imbalance_sd


def _event(spec: HypothesisSpec) -> str:
    return f"{flow_words(spec)} one-sided{way_words(spec, ' (buying)', ' (selling)')} by at least {spec.threshold:g} sd over {spec.lookback_minutes} minutes"


def _build(market: Market, spec: HypothesisSpec, sigma: Floats) -> Events:
    lean = imbalance_sd(market, spec)
    return events(market, spec, sigma, way=lean, strength=np.abs(lean))


_FLOW = r"(?:cvd|order ?flow|taker flow|taker|flow|delta|volume delta)"

TEMPLATE = Template(
    name="flow_imbalance",
    title="one-sided flow",
    subjects=(
        rf"(?:strong |extreme |heavy |one[ -]sided )?\b{_FLOW} (?:imbalance|pressure|surges?|spikes?|extremes?)",
        rf"(?:strong|extreme|heavy|one[ -]sided|aggressive) {_FLOW}",
        r"(?:aggressive|heavy|strong) (?:taker |market )?(?:buying|selling|buyers|sellers)",
    ),
    roles=("flow",),
    directions=("continuation", "reversal", "up", "down"),
    horizon_minutes=15,
    lookback_minutes=15,
    threshold=1.5,
    unit="sd of the flow",
    event=_event,
    build=_build,
    example="Order flow imbalance predicts continuation",
)
