"""Price goes one way while the aggressors go the other."""

from __future__ import annotations

import numpy as np

from tools.contracts import Floats, Market
from tools.discovery.features import bars_a_day, past_move, rolling_sum, trailing_sd
from tools.discovery.flow import flow_of
from tools.discovery.spec import HypothesisSpec
from tools.discovery.templates.base import Events, Template, events, way_words

#: How far flow must lean against the move, in its own standard deviations: a mere zero is no divergence.
_LEAN_SD = 0.35


def imbalance_sd(market: Market, spec: HypothesisSpec) -> Floats:
    """Bought minus sold over the look-back as a share of what was traded, in standard deviations of the last three days."""
    delta, volume = flow_of(market, spec.flow)
    traded = rolling_sum(volume, spec.lookback_bars)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(traded > 0, rolling_sum(delta, spec.lookback_bars) / traded, np.nan)
    return share / trailing_sd(share, 3 * bars_a_day(market))


def flow_words(spec: HypothesisSpec) -> str:
    """What to call the flow: CVD is a word for real flow alone."""
    return "flow estimated from candles (not CVD)" if spec.flow == "estimate" else "taker flow (CVD)"


def _event(spec: HypothesisSpec) -> str:
    return (
        f"a move{way_words(spec, ' up', ' down')} of at least {spec.threshold:g} sd in {spec.lookback_minutes} minutes "
        f"against which {flow_words(spec)} leans by at least {_LEAN_SD:g} sd"
    )


def _build(market: Market, spec: HypothesisSpec, sigma: Floats) -> Events:
    move = past_move(market, spec.lookback_bars, sigma)
    lean = imbalance_sd(market, spec)
    with np.errstate(invalid="ignore"):
        against = np.sign(move) * lean <= -_LEAN_SD
    strength = np.where(np.isfinite(lean), np.abs(move), np.nan)
    return events(market, spec, sigma, way=move, strength=strength, happened=against)


_FLOW = r"(?:cvd|cumulative volume delta|cumulative delta|volume delta|order ?flow|taker flow|flow|delta)"
_PRICE_GOES = r"prices? (?:rises?|rising|falls?|falling|goes up|goes down|moves? up|moves? down|up|down|makes? (?:a )?(?:new |higher |lower )?(?:highs?|lows?))"
_FLOW_GOES = rf"(?:the )?{_FLOW} (?:rises?|rising|falls?|falling|goes up|goes down|moves? up|moves? down|up|down|does not confirm|disagrees?|is (?:falling|rising|negative|positive|selling|buying))"

TEMPLATE = Template(
    name="flow_divergence",
    title="flow divergence",
    subjects=(
        rf"(?:bullish |bearish )?\b{_FLOW}[ -](?:price )?diverg\w*(?: (?:from|with|and) (?:the )?price)?",
        rf"diverg\w* (?:of|between|in) (?:the )?(?:price and )?{_FLOW}(?: and (?:the )?price| from (?:the )?price)?",
        rf"price[ /-](?:and |vs )?{_FLOW} diverg\w*",
        rf"{_PRICE_GOES} (?:while|but|and|as) {_FLOW_GOES}",
    ),
    roles=("flow",),
    directions=("reversal", "continuation", "up", "down"),
    horizon_minutes=15,
    lookback_minutes=15,
    threshold=1.0,
    unit="sd of the past move",
    event=_event,
    build=_build,
    example="CVD divergence predicts reversals",
    control="bars with the same past move whose flow does not lean against it",
)
