"""What kind of market it is: volatility, volume and session, each known at the bar's close.

Nothing here looks ahead, is smoothed over the whole sample or is fitted: the label of a bar depends on that bar and on the
bars before it. Volatility is the root mean square of a day's log returns, volume a day's mean; each is ranked against its
own last LOOKBACK_DAYS. A state is entered at the outer ranks and left at the inner ones, so that a value at the border does
not flicker. Both are ranks of one market against itself: multiplying its prices or its volumes changes no label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.contracts import Floats, Market
from tools.market.problems import MarketError

Labels = NDArray[np.str_]
Bools = NDArray[np.bool_]

DAY_MINUTES = 1440
#: A value is ranked against so many days; with fewer than SHORTEST_DAYS of them it is unknown.
LOOKBACK_DAYS, SHORTEST_DAYS = 30, 5
#: Ranks at which a state is entered and left.
ENTER_LOW, LEAVE_LOW, LEAVE_HIGH, ENTER_HIGH = 0.25, 0.35, 0.65, 0.75
UNKNOWN = "unknown"
LEVELS = ("low", "normal", "high")
#: First hour (UTC) of each session, in the order of the day; the last one runs over midnight.
SESSIONS = ((7, "europe"), (13, "us"), (22, "asia"))
DIMENSIONS = ("volatility", "volume", "session")


@dataclass(frozen=True)
class Regime:
    """``volatility`` and ``volume`` are low, normal, high or unknown; ``session`` is asia, europe or us."""

    volatility: str
    volume: str
    session: str

    @property
    def label(self) -> str:
        """The three in one word: ``high/normal/us``."""
        return f"{self.volatility}/{self.volume}/{self.session}"

    @classmethod
    def parse(cls, label: str) -> Regime:
        """The inverse of ``label``."""
        return cls(*label.split("/"))

    def to_json(self) -> dict[str, str]:
        """With the label."""
        return {"label": self.label, **{name: getattr(self, name) for name in DIMENSIONS}}


@dataclass(frozen=True)
class Segment:
    """A run of bars of one regime: ``start`` (inclusive) and ``stop`` (exclusive) by position, the same as UTC ns."""

    label: str
    start: int
    stop: int
    from_ns: int
    to_ns: int


class MarketRegimeDetector:
    """Labels markets; keeps nothing between calls."""

    def detect(self, market: Market) -> Regime:
        """The regime of the last bar. MarketError for a market without bars."""
        if not len(market):
            raise MarketError(f"{market.symbol}: no bars, so no regime; load more data")
        return Regime.parse(str(self.label(market)[-1]))

    def label(self, market: Market) -> Labels:
        """One label per bar, ``volatility/volume/session``, known at that bar's close."""
        parts = [self.dimension(market, name) for name in DIMENSIONS]
        slash = np.full(len(market), "/")
        joined = np.strings.add(np.strings.add(parts[0], slash), parts[1])
        return np.asarray(np.strings.add(np.strings.add(joined, slash), parts[2]), dtype=np.str_)

    def dimension(self, market: Market, name: str) -> Labels:
        """One of DIMENSIONS alone, a word per bar."""
        if name == "session":
            return session_labels(market)
        values = _volatility(market) if name == "volatility" else _activity(market)
        return level_labels(values, _bars_a_day(market))

    def history(self, market: Market) -> tuple[Segment, ...]:
        """The runs of equal labels, in order; together they cover every bar."""
        return tuple(segments(market, self.label(market)))

    def shares(self, market: Market) -> dict[str, float]:
        """Label -> share of the bars, the most frequent first."""
        names, counts = np.unique(self.label(market), return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return {str(names[i]): float(counts[i] / len(market)) for i in order}

    def to_json(self, market: Market) -> dict[str, Any]:
        """``{"symbol", "current", "history", "shares"}``; times are ISO, UTC."""
        past = self.history(market)
        current = self.detect(market).to_json() | {"since": iso_utc(past[-1].from_ns)}
        rows = [{"from": iso_utc(s.from_ns), "to": iso_utc(s.to_ns), "label": s.label} for s in past]
        return {
            "symbol": market.symbol,
            "current": current,
            "history": rows,
            "shares": self.shares(market),
        }


def session_labels(market: Market) -> Labels:
    """The session in which each bar opens."""
    hour = (market.time // 3_600_000_000_000) % 24
    names = np.array([SESSIONS[-1][1], *(name for _, name in SESSIONS)])
    return np.asarray(
        names[np.searchsorted([first for first, _ in SESSIONS], hour, side="right")], dtype=np.str_
    )


def level_labels(values: Floats, bars_a_day: int) -> Labels:
    """low, normal or high by trailing rank with hysteresis; unknown where there is too little past. NaN = unknown."""
    window, least = LOOKBACK_DAYS * bars_a_day, SHORTEST_DAYS * bars_a_day
    rank = pd.Series(values).rolling(window, min_periods=least).rank(pct=True).to_numpy()
    low = latch(rank <= ENTER_LOW, rank >= LEAVE_LOW)
    high = latch(rank >= ENTER_HIGH, rank <= LEAVE_HIGH)
    words = np.where(high, "high", np.where(low, "low", "normal"))
    return np.asarray(np.where(np.isnan(rank), UNKNOWN, words), dtype=np.str_)


def latch(on: Bools, off: Bools) -> Bools:
    """A switch: true from a bar that is ``on`` until one that is ``off``; false at first."""
    turned = np.where(on, 1.0, np.where(off, 0.0, np.nan))
    last = np.maximum.accumulate(np.where(np.isnan(turned), -1, np.arange(len(turned))))
    return np.asarray((last >= 0) & (turned[np.maximum(last, 0)] == 1.0))


def segments(market: Market, labels: Labels) -> Iterator[Segment]:
    """Runs of equal labels."""
    if not len(labels):
        return
    edges = [0, *(np.flatnonzero(labels[1:] != labels[:-1]) + 1).tolist(), len(labels)]
    bar_ns = market.timeframe_minutes * 60_000_000_000
    for start, stop in pairwise(edges):
        ends = int(market.time[stop]) if stop < len(labels) else int(market.time[-1]) + bar_ns
        yield Segment(str(labels[start]), start, stop, int(market.time[start]), ends)


def iso_utc(time_ns: int) -> str:
    """``2025-12-01T00:00:00+00:00``."""
    return pd.Timestamp(time_ns, unit="ns", tz="UTC").isoformat()


def _bars_a_day(market: Market) -> int:
    return max(1, DAY_MINUTES // market.timeframe_minutes)


def _volatility(market: Market) -> Floats:
    """Mean square of the log returns of a day (the root would not change a rank). A ratio of prices is exact under
    scaling by powers of two, which a difference of logarithms is not."""
    close = market.columns["close"]
    returns = np.full(len(close), np.nan)
    returns[1:] = np.log(close[1:] / close[:-1])
    return _daily_mean(returns**2, market)


def _activity(market: Market) -> Floats:
    """Mean volume of a day; NaN where the market has no volume."""
    names = market.columns_of("volume", "quote_volume")
    return _daily_mean(market.columns[names[0]], market) if names else np.full(len(market), np.nan)


def _daily_mean(values: Floats, market: Market) -> Floats:
    window = _bars_a_day(market)
    mean: Floats = pd.Series(values).rolling(window, min_periods=max(1, window // 2)).mean().to_numpy()
    return mean
