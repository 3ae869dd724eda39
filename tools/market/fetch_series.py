"""Funding and open interest: records at times of their own, put on bars no earlier than they were published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.contracts import Floats, Ints
from tools.market.fetch_exchange import Exchange
from tools.market.fetch_rows import real_number, whole_number
from tools.market.problems import MarketError
from tools.market.spans import Span

MINUTE_MS = 60_000
DAY_MS = 1440 * MINUTE_MS
#: Most records that an exchange gives at a time: what is known, and what all of them give.
_AT_ONCE = {"binance": 500, "binanceusdm": 500, "binancecoinm": 500, "bybit": 200}
_AT_LEAST = 100
#: Days that an exchange keeps open interest for, where that is known.
_KEPT_DAYS = {"binance": 30, "binanceusdm": 30, "binancecoinm": 30}
#: An open interest that is older than this many of its own intervals is no longer known.
STALE_AFTER = 2
Records = dict[int, float]


@dataclass(frozen=True)
class Series:
    """One kind of record: ccxt's method and field, the column that it becomes, and its usual distance in ms."""

    name: str
    column: str
    method: str
    fields: tuple[str, ...]
    interval: int
    frame: str | None = None


def funding() -> Series:
    """Funding rates, a fraction of the notional each, most often 8-hourly."""
    return Series("funding", "funding_rate", "fetchFundingRateHistory", ("fundingRate",), 8 * 60 * MINUTE_MS)


def open_interest(bar_minutes: int) -> Series:
    """Open interest, in contracts or base units as the exchange counts it, no coarser than the bars where possible."""
    frame, minutes = next(((f, m) for f, m in (("1d", 1440), ("1h", 60)) if bar_minutes % m == 0), ("5m", 5))
    fields = ("openInterestAmount", "openInterestValue")
    return Series(
        "open-interest", "open_interest", "fetchOpenInterestHistory", fields, minutes * MINUTE_MS, frame
    )


def why_not_offered(exchange: Exchange, market: dict[str, Any], series: Series) -> str | None:
    """Why this market has no such records, in words; None where it has."""
    if not market.get("swap"):
        return f"{series.name}: not offered for {market['symbol']}: it is not a perpetual"
    if not exchange.api.has.get(series.method):
        return f"{series.name}: not offered by {exchange.name}"
    return None


def oldest(exchange: Exchange, series: Series, now: int) -> int:
    """The time, ms, before which this exchange keeps no such records; 0 = no limit known."""
    days = _KEPT_DAYS.get(exchange.name) if series.name == "open-interest" else None
    return now - days * DAY_MS + 60 * MINUTE_MS if days else 0


def read_series(
    exchange: Exchange, symbol: str, series: Series, span: Span, now: int, refused: Counter[str]
) -> Records:
    """Records with their time in ``span`` (ms) and not after ``now``, by time. Windows that come back full are halved,
    since what did not fit may be missing on either side; those that come back emptier than usual are asked again."""
    start, end = max(span[0], oldest(exchange, series, now)), min(span[1], now + 1)
    most = _AT_ONCE.get(exchange.name, _AT_LEAST)
    windows = _Windows(_caller(exchange, symbol, series, most), series, symbol, most, refused)
    found: Records = {}
    while start < end:
        stop = min(end, start + (most - 1) * series.interval)
        found |= windows.read((start, stop))
        start = stop
    return found


def _caller(exchange: Exchange, symbol: str, series: Series, most: int) -> Callable[[Span], list[Any]]:
    method = getattr(exchange.api, series.method)
    frame = (series.frame,) if series.frame else ()

    def call(span: Span) -> list[Any]:
        def request() -> Any:
            return method(symbol, *frame, span[0], most, {"until": span[1] - 1})

        answer = exchange.ask(f"{series.name} of {symbol}", request, lambda found: isinstance(found, list))
        return list(answer)

    return call


@dataclass(frozen=True)
class _Windows:
    call: Callable[[Span], list[Any]]
    series: Series
    symbol: str
    most: int
    refused: Counter[str]

    def read(self, span: Span) -> Records:
        rows = self.call(span)
        if len(rows) >= self.most and span[1] - span[0] > MINUTE_MS:
            middle = (span[0] + span[1]) // 2
            return self.read((span[0], middle)) | self.read((middle, span[1]))
        found, wrong = _believed(rows, self.series, self.symbol, span)
        if wrong or len(found) < (span[1] - span[0]) // self.series.interval:
            more, wrong = _believed(self.call(span), self.series, self.symbol, span)
            found = {**more, **found}
        self.refused.update(wrong)
        return found


def _believed(rows: Sequence[Any], series: Series, symbol: str, span: Span) -> tuple[Records, Counter[str]]:
    found: Records = {}
    wrong: Counter[str] = Counter()
    for row in rows:
        time = whole_number(row.get("timestamp")) if isinstance(row, dict) else None
        values = [real_number(row.get(name)) for name in series.fields] if isinstance(row, dict) else []
        value = next((number for number in values if number is not None), None)
        if time is None or value is None:
            wrong[f"{series.name} records that are none"] += 1
        elif row.get("symbol") not in (None, symbol):
            wrong[f"{series.name} records of another market"] += 1
        elif (series.name == "funding" and abs(value) >= 1) or (series.name != "funding" and value < 0):
            wrong[f"{series.name} records with an impossible value"] += 1
        elif span[0] <= time < span[1]:
            found[time] = value
    return found, wrong


def funding_on_bars(records: Records, time: Ints, step: int) -> Floats:
    """float64 of the bars that open at ``time`` (ms): the rates that fell due since the bar before opened, on the first
    bar that opens at or after them; 0 on the others. Exchanges stamp a payment some ms late: times are cut to the minute."""
    column = np.zeros(len(time))
    for stamp, value in sorted(records.items()):
        at = int(np.searchsorted(time, stamp - stamp % MINUTE_MS))
        due = stamp - stamp % MINUTE_MS
        if at < len(time) and time[at] - due < step:
            column[at] += value
    return column


def levels_on_bars(records: Records, time: Ints, interval: int) -> Floats:
    """float64 of the bars that open at ``time`` (ms): the newest record that is not younger than the bar's open, NaN
    where the newest is older than STALE_AFTER intervals."""
    if not records:
        return np.full(len(time), np.nan)
    stamps = np.array(sorted(records), dtype=np.int64)
    values = np.array([records[int(stamp)] for stamp in stamps])
    at = np.searchsorted(stamps, time, side="right") - 1
    known: NDArray[np.bool_] = (at >= 0) & (time - stamps[at] <= STALE_AFTER * interval)
    return np.where(known, values[at], np.nan)


def require_series(names: Sequence[str]) -> tuple[str, ...]:
    """``--with`` in a fixed order. Raises MarketError for what cannot be asked for."""
    known = ("taker", "funding", "open-interest")
    wrong = sorted(set(names) - set(known))
    if wrong:
        raise MarketError(f"--with {wrong[0]!r}: not something to fetch; use {', '.join(known)}")
    return tuple(name for name in known if name in names)
