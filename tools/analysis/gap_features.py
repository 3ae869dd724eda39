"""What derived information says at each bar: causal, scale-free series whose use by the entry decision can be missing.

A *sided* feature is read with the sign of the trade (positive = in its favour if the idea holds); a *grouped* one names a
group. All are known at the bar's close.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tools.contracts import Floats, Ints, Market
from tools.discovery.features import typical_price
from tools.market.regimes import MarketRegimeDetector, session_labels
from tools.market.volume_profile import profiles_of, pull

DAY_MINUTES = 1440


@dataclass(frozen=True)
class Derived:
    """``roles`` are what a market must have; ``words`` are names in the source that show that it is used already;
    ``series`` gives float64, or words for a grouped one, at the bars asked for; None where this market cannot have it."""

    kind: str
    meaning: str
    roles: tuple[str, ...]
    words: tuple[str, ...]
    sided: bool
    grouped: bool
    series: Callable[[Market, Ints], Any]


def day_bars(market: Market) -> int:
    """Bars in a day, at least 2."""
    return max(2, DAY_MINUTES // market.timeframe_minutes)


def profile_pull(market: Market, at: Ints) -> Floats | None:
    """Distance to the last day's point of control in widths of the value area, positive above the price; NaN with less than
    a day of past."""
    names = market.columns_of("volume", "quote_volume")
    length, found = day_bars(market), np.full(len(at), np.nan)
    known = at >= length - 1
    if not names or not known.any():
        return found if names else None
    windows = [
        np.lib.stride_tricks.sliding_window_view(v, length)[at[known] - length + 1]
        for v in (typical_price(market), np.nan_to_num(market.columns[names[0]]))
    ]
    found[known] = pull(market.columns["close"][at[known]], profiles_of(*windows))
    return found


def flow_share(market: Market, at: Ints) -> Floats | None:
    """Taker delta over volume of the last hour; a column of taker buys is turned into a delta."""
    flow, volume = market.columns_of("flow"), market.columns_of("volume")
    if not (flow and volume):
        return None
    amount, delta = market.columns[volume[0]], market.columns[flow[0]]
    if "buy" in flow[0]:
        delta = 2.0 * delta - amount
    bars = max(1, 60 // market.timeframe_minutes)
    sums = [pd.Series(v).rolling(bars).sum().to_numpy() for v in (delta, amount)]
    return np.asarray((sums[0] / np.where(sums[1] > 0, sums[1], np.nan))[at])


def interest_rise(market: Market, at: Ints) -> Floats | None:
    """Relative change of the open interest over an hour."""
    names = market.columns_of("open_interest")
    if not names:
        return None
    bars = max(1, 60 // market.timeframe_minutes)
    change = pd.Series(market.columns[names[0]]).pct_change(bars, fill_method=None)
    return np.asarray(change.to_numpy(dtype=float)[at])


def funding_received(market: Market, at: Ints) -> Floats | None:
    """The last funding rate that was paid, negative: what a long would have received."""
    names = market.columns_of("funding")
    if not names:
        return None
    rate = pd.Series(market.columns[names[0]])
    return np.asarray(-rate.where(rate != 0).ffill().to_numpy(dtype=float)[at])


def volatility_regime(market: Market, at: Ints) -> Any:
    """low, normal, high or unknown."""
    return MarketRegimeDetector().dimension(market, "volatility")[at]


def session(market: Market, at: Ints) -> Any:
    """asia, europe or us."""
    return session_labels(market)[at]


DERIVED: Mapping[str, Derived] = {
    d.kind: d
    for d in (
        Derived(
            "volume_profile",
            "distance to the last day's point of control, in widths of the value area",
            ("volume",),
            ("profile", "poc", "point_of_control", "value_area", "vah", "val_area"),
            True,
            False,
            profile_pull,
        ),
        Derived("flow", "taker delta over volume, last hour", ("flow",), (), True, False, flow_share),
        Derived(
            "open_interest",
            "change of open interest, last hour",
            ("open_interest",),
            (),
            False,
            False,
            interest_rise,
        ),
        Derived(
            "funding",
            "last funding rate, as received by the trade",
            ("funding",),
            (),
            True,
            False,
            funding_received,
        ),
        Derived(
            "hour",
            "session of the day (UTC)",
            (),
            ("hour", "session", "time_of_day", "between_time"),
            False,
            True,
            session,
        ),
        Derived("regime", "volatility regime", (), ("regime",), False, True, volatility_regime),
    )
}
