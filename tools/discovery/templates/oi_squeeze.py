"""Price moves and positions are built at the same time."""

from __future__ import annotations

import numpy as np

from tools.contracts import Floats, Market
from tools.discovery.features import bars_a_day, lagged, past_move, trailing_sd
from tools.discovery.spec import HypothesisSpec
from tools.discovery.templates.base import Events, Template, events, way_words

#: The move that open interest is said to confirm, in standard deviations.
_MOVE_SD = 1.0
_OI_MINUTES = 30


def _event(spec: HypothesisSpec) -> str:
    return (
        f"a move{way_words(spec, ' up', ' down')} of at least {_MOVE_SD:g} sd in {spec.lookback_minutes} minutes while open interest rises "
        f"by at least {spec.threshold:g} sd in {_oi_bars(spec) * spec.timeframe_minutes} minutes"
    )


def _oi_bars(spec: HypothesisSpec) -> int:
    return max(1, _OI_MINUTES // spec.timeframe_minutes)


def rise_sd(market: Market, bars: int) -> Floats:
    """Relative change of open interest over ``bars``, in standard deviations of the last three days' changes."""
    held = market.columns[market.columns_of("open_interest")[0]]
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.log(np.where(held > 0, held, np.nan))
    change = level - lagged(level, bars)
    return np.asarray(change / trailing_sd(change, 3 * bars_a_day(market)))


def _build(market: Market, spec: HypothesisSpec, sigma: Floats) -> Events:
    rise = rise_sd(market, _oi_bars(spec))
    move = past_move(market, spec.lookback_bars, sigma)
    with np.errstate(invalid="ignore"):
        moved = np.abs(move) >= _MOVE_SD
    return events(market, spec, sigma, way=move, strength=rise, happened=moved)


_RISES = r"(?:ris\w+|increas\w+|expan\w+|grow\w*|surg\w+|spik\w+|jump\w*|build\w*(?:[ -]?up)?|goes up|up)"

TEMPLATE = Template(
    name="oi_squeeze",
    title="open interest rising with a move",
    subjects=(
        rf"(?:open interest|\boi\b) (?:is )?{_RISES}(?: (?:with|in|on|during|behind) (?:a |the )?(?:price |strong )?moves?)?",
        rf"{_RISES} (?:in )?(?:open interest|\boi\b)",
    ),
    roles=("open_interest",),
    directions=("continuation", "reversal", "up", "down"),
    horizon_minutes=30,
    lookback_minutes=15,
    threshold=1.5,
    unit="sd of the change of open interest",
    event=_event,
    build=_build,
    example="Rising open interest confirms a squeeze",
    control="bars with the same past move and no such rise of open interest",
)
